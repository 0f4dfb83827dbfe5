/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose binary interface has another version. */
int exactloss_abi_version(void);

int exactloss_abi_version(void) { return 999; }
