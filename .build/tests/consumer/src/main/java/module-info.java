// SPDX-License-Identifier: Apache-2.0
module com.example.scores {
    requires io.github.exactloss;
}
