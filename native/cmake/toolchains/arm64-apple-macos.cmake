# SPDX-License-Identifier: Apache-2.0
#
# For a Mac of either processor.
set(CMAKE_OSX_ARCHITECTURES arm64)
set(CMAKE_OSX_DEPLOYMENT_TARGET 11.0)
