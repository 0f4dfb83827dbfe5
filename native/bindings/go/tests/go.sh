# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0

# set_up_go LIBRARY_FOLDER INCLUDE_FOLDER WORK VERSION: Go writes into WORK only and downloads nothing, and pkg-config
# finds the library as if it were installed. Exits, as a skipped test, unless there is Go 1.18 or a later one.
set_up_go() {
    local library=$1 include=$2 work=$3 version=$4 go
    if ! go=$(go version 2>/dev/null); then
        echo "skipped: there is no go"
        exit 77
    fi
    if [[ ! $go =~ go1\.([0-9]+) ]] || ((BASH_REMATCH[1] < 18)); then
        echo "skipped: $go is older than 1.18"
        exit 77
    fi
    mkdir -p "$work"
    cat >"$work/exactloss.pc" <<END
Name: exactloss
Description: the library of the build
Version: $version
Libs: -L$library -lexactloss
Cflags: -I$include
END
    export PKG_CONFIG_PATH=$work LD_LIBRARY_PATH=$library
    export GOENV=off GOPROXY=off GOTOOLCHAIN=local GOFLAGS="-mod=readonly -modcacherw -buildvcs=false"
    export GOCACHE=$work/cache GOPATH=$work/path
}
