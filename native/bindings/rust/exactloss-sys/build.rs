// SPDX-License-Identifier: Apache-2.0
//! Tells Cargo where the installed library is; src/lib.rs says where it is looked for.
use std::env;
use std::process::{self, Command};

fn main() {
    for variable in ["EXACTLOSS_LIB_DIR", "EXACTLOSS_STATIC", "PKG_CONFIG", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    // docs.rs has no library, and documentation needs none.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let folders = match env::var("EXACTLOSS_LIB_DIR") {
        Ok(folder) => vec![folder],
        Err(_) => folders_by_pkg_config().unwrap_or_else(|reason| {
            eprintln!(
                "The C library exactloss was not found: {reason}.\n\
                 Install it (cmake --install) and set PKG_CONFIG_PATH to the folder of its exactloss.pc, or set \
                 EXACTLOSS_LIB_DIR to the folder of libexactloss."
            );
            process::exit(1)
        }),
    };
    for folder in folders {
        println!("cargo:rustc-link-search=native={folder}");
    }
    let is_static = env::var("EXACTLOSS_STATIC").map_or(false, |value| value == "1");
    println!("cargo:rustc-link-lib={}=exactloss", if is_static { "static" } else { "dylib" });
    // The floating-point environment, where it isn't a register that the library reads itself.
    if is_static && env::var("CARGO_CFG_UNIX").is_ok() {
        println!("cargo:rustc-link-lib=m");
    }
}

/// The folders that pkg-config names; none if the library is where every linker looks.
fn folders_by_pkg_config() -> Result<Vec<String>, String> {
    let program = env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    let output = Command::new(&program)
        .args(["--libs-only-L", "exactloss"])
        .output()
        .map_err(|error| format!("{} can't be run: {error}", program.to_string_lossy()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', " "));
    }
    let flags = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(flags.split_whitespace().filter_map(|flag| flag.strip_prefix("-L")).map(String::from).collect())
}
