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
    cargo bench --bench service --bench search_steps --bench text_chain {{ arguments }}

# Compares the service with the bare engine (`just compare --bare RAWTV --documents DOCS.jsonl.gz --queries QUERIES.jsonl`).
compare *arguments:
    cargo build --release --bin xunzhang --example bare_engine
    target/release/examples/bare_engine {{ arguments }}

# Measures the literal law on files and folders (`just recall samples`).
recall *arguments:
    cargo run --release --example literal_recall -- {{ arguments }}

# Fuzzes a target (`text_chain` or `query`) for so many seconds, beginning with the samples; needs the nightly compiler and cargo-fuzz.
fuzz target="text_chain" seconds="300":
    mkdir -p fuzz/corpus/{{ target }}
    cargo +nightly fuzz run --sanitizer none {{ target }} fuzz/corpus/{{ target }} samples -- \
        -dict=fuzz/dictionaries/{{ target }}.dict -max_len=4096 -timeout=20 -max_total_time={{ seconds }}

# Serves, with the flags given (`just serve --import samples`).
serve *flags:
    cargo run --release -- serve {{ flags }}

# Compares the contract with that of the main branch, and fails on a change that breaks callers.
breaking:
    npx --yes @bufbuild/buf breaking proto --against '.git#branch=main,subdir=proto'
