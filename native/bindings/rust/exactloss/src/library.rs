// SPDX-License-Identifier: Apache-2.0
//! The library itself.
use core::sync::atomic::{AtomicBool, Ordering};
use core::{slice, str};
use exactloss_sys as sys;

use crate::error::{Error, Result};

/// The version of the library, "MAJOR.MINOR.PATCH".
pub fn version() -> &'static str {
    // SAFETY: the library returns a static string.
    unsafe { string(sys::exactloss_version()) }.unwrap_or_default()
}

/// The instruction set whose kernels run in this process, or [`None`] if `EXACTLOSS_MAX_ISA` in the environment is
/// the name of no instruction set.
pub fn isa_name() -> Option<&'static str> {
    // SAFETY: the library returns a static string or NULL.
    unsafe { string(sys::exactloss_isa_name()) }
}

/// The instruction sets that the library has kernels for, from the lowest rank to the highest.
pub fn isa_names() -> impl Iterator<Item = &'static str> {
    // SAFETY: the library returns a static string, or NULL where there is no such number.
    (0..).map_while(|number| unsafe { string(sys::exactloss_isa_name_of(number)) })
}

pub(crate) fn status_string(status: i32) -> &'static str {
    // SAFETY: the library returns a static string.
    unsafe { string(sys::exactloss_status_string(status)) }.unwrap_or_default()
}

/// Refuses a library of another binary interface, whose structs could be larger than those of this crate. Everything
/// that passes memory to the library asks first.
#[inline]
pub(crate) fn require_abi() -> Result<()> {
    static CHECKED: AtomicBool = AtomicBool::new(false);
    if CHECKED.load(Ordering::Relaxed) {
        return Ok(());
    }
    // SAFETY: it has no arguments.
    let library = unsafe { sys::exactloss_abi_version() };
    if library != sys::EXACTLOSS_ABI_VERSION {
        return Err(Error::Abi { library });
    }
    CHECKED.store(true, Ordering::Relaxed);
    Ok(())
}

/// The text of a string of C.
///
/// # Safety
///
/// It is NULL, or ends with a zero and lives forever.
unsafe fn string(text: *const u8) -> Option<&'static str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's: no byte after the zero is read.
    unsafe {
        let length = (0..).take_while(|&i| *text.add(i) != 0).count();
        str::from_utf8(slice::from_raw_parts(text, length)).ok()
    }
}
