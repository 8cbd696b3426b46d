# Lists what can be done.
default:
    @just --list --unsorted

# Runs everything that CI runs; it passes before each commit.
check:
    .ci/run

# Runs the tests, or those whose names contain the arguments.
test *arguments:
    cargo test {{ arguments }}

# Formats the sources.
fmt:
    cargo fmt --all

# Runs the benchmarks, or those whose names contain the arguments.
bench *arguments:
    cargo bench --bench service {{ arguments }}

# Serves, with the flags given (`just serve --import samples`).
serve *flags:
    cargo run --release -- serve {{ flags }}

# Compares the contract with that of the main branch, and fails on a change that breaks callers.
breaking:
    npx --yes @bufbuild/buf breaking proto --against '.git#branch=main,subdir=proto'
