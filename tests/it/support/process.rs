//! The program itself, as people start it.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{self, Child, ChildStdout, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Longer than any command takes on a busy machine: only what hangs meets it.
const PATIENCE: Duration = Duration::from_mins(2);
/// Lines of standard output that wait to be looked at.
const LINES_WAITING: usize = 64;

/// How a process ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these arguments, and with nothing of this process's environment that it could mind.
fn program(arguments: &[&str]) -> process::Command {
    without_environment(process::Command::new(env!("CARGO_BIN_EXE_xunzhang")), arguments)
}

/// The same where no file may be longer than so many blocks of 512 bytes.
fn limited_program(blocks: u32, arguments: &[&str]) -> process::Command {
    let mut shell = process::Command::new("sh");
    shell.args(["-c", &format!("ulimit -f {blocks} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_xunzhang")]);
    without_environment(shell, arguments)
}

fn without_environment(mut command: process::Command, arguments: &[&str]) -> process::Command {
    let own = std::env::vars_os().map(|(name, _)| name);
    for name in own.filter(|name| name == "RUST_LOG" || name.to_string_lossy().starts_with("XUNZHANG_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_with(arguments, &[])
}

/// Runs the program to its end, with more in its environment.
pub(crate) fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut child =
        Guarded(program(arguments).envs(environment.iter().copied()).spawn().expect("the program can be started"));
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (stdout, stderr) = (read_all(stdout.expect("it is piped")), read_all(stderr.expect("it is piped")));
    let (stdout, stderr) = (joined(&stdout, "its end"), joined(&stderr, "its end"));
    Ended { code: child.0.wait().expect("it can be waited for").code(), stdout, stderr }
}

/// Asks a process for something that only signals can ask.
pub(crate) fn send_signal(name: &str, process: u32) {
    let status = process::Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(status.expect("there is a `kill`").success(), "{name} reaches {process}");
}

/// A process that does not outlive its test.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill(); // It may have ended.
        let _ = self.0.wait();
    }
}

/// A command that runs on.
pub(crate) struct Command {
    child: Guarded,
    stdout: BufferedLines,
    stderr: Receiver<String>,
}

impl Command {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Guarded(program(arguments).spawn().expect("the program can be started"));
        let stdout = BufferedLines::of(child.0.stdout.take().expect("it is piped"));
        let stderr = read_all(child.0.stderr.take().expect("it is piped"));
        Self { child, stdout, stderr }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        self.stdout.next().unwrap_or_else(|| panic!("it ended: {}", joined(&self.stderr, "its end")))
    }

    /// Waits for its end; `stdout` is what was not looked at.
    pub(crate) fn end(mut self) -> Ended {
        let stdout: Vec<String> = std::iter::from_fn(|| self.stdout.next()).collect();
        let stderr = joined(&self.stderr, "its end");
        Ended { code: self.child.0.wait().expect("it can be waited for").code(), stdout: stdout.join("\n"), stderr }
    }

    /// Presses Ctrl-C and waits for its end; `stdout` is what was not looked at.
    pub(crate) fn interrupt(self) -> Ended {
        send_signal("INT", self.child.0.id());
        self.end()
    }
}

/// A process that serves.
pub(crate) struct Server {
    child: Guarded,
    stdout: BufferedLines,
    stderr: Receiver<String>,
    /// What it printed until it served.
    pub(crate) announced: Vec<String>,
}

impl Server {
    /// Serves `directory` on free ports and waits until it says that it does.
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_with(directory, arguments, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = program(Self::ON_FREE_PORTS);
        command.arg(directory).args(arguments).envs(environment.iter().copied());
        Self::start_as(command)
    }

    /// Serves `directory` where another server did, which is gone.
    pub(crate) fn start_in_place_of(directory: &Path, address: &str) -> Self {
        let mut command =
            program(&["serve", "--listen", address, "--admin-listen", "127.0.0.1:0", "--http-listen", "off"]);
        command.arg("--data-dir").arg(directory);
        Self::start_as(command)
    }

    /// The same where no file may be longer than so many blocks of 512 bytes.
    pub(crate) fn start_limited(directory: &Path, blocks: u32) -> Self {
        let mut command = limited_program(blocks, Self::ON_FREE_PORTS);
        command.arg(directory);
        Self::start_as(command)
    }

    /// The same as whatever `by` makes of who it is and what it may do.
    pub(crate) fn start_by(by: &[&str], directory: &Path) -> Self {
        let [program, arguments @ ..] = by else { panic!("it names a program") };
        let mut command = process::Command::new(program);
        command.args(arguments).arg(env!("CARGO_BIN_EXE_xunzhang"));
        let mut command = without_environment(command, Self::ON_FREE_PORTS);
        command.arg(directory);
        Self::start_as(command)
    }

    const ON_FREE_PORTS: &[&str] =
        &["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--http-listen", "off", "--data-dir"];

    fn start_as(mut command: process::Command) -> Self {
        // Stopped at once, and not overloaded by whatever else the machine has to do.
        command.env("XUNZHANG_DRAIN__LAME_DUCK", "0s").env("XUNZHANG_ADMISSION__MAX_WAIT", "1min");
        let mut child = Guarded(command.spawn().expect("the program can be started"));
        let stdout = BufferedLines::of(child.0.stdout.take().expect("it is piped"));
        let stderr = read_all(child.0.stderr.take().expect("it is piped"));
        let mut server = Self { child, stdout, stderr, announced: Vec::new() };
        while server.announced.last().is_none_or(|line| !line.starts_with("listening on ")) {
            match server.stdout.next() {
                Some(line) => server.announced.push(line),
                None => panic!("it ended instead of serving: {}", joined(&server.stderr, "its end")),
            }
        }
        server
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// Where it listens, after `label`.
    pub(crate) fn address(&self, label: &str) -> &str {
        let mut addresses = self.announced.iter().filter_map(|line| line.strip_prefix(label)?.strip_prefix(' '));
        addresses.next_back().unwrap_or_else(|| panic!("no `{label}` in {:?}", self.announced))
    }

    /// Runs a client command against it.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ended {
        self.with_endpoints(arguments, run)
    }

    /// Starts a client command against it.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Command {
        self.with_endpoints(arguments, Command::start)
    }

    fn with_endpoints<T>(&self, arguments: &[&str], act: impl FnOnce(&[&str]) -> T) -> T {
        let endpoint = format!("http://{}", self.address("listening on"));
        let admin_endpoint = format!("http://{}", self.address("admin listening on"));
        let client = ["--endpoint", &endpoint, "--admin-endpoint", &admin_endpoint];
        act(&[arguments, &client].concat())
    }

    /// Asks it and expects that it can.
    #[track_caller]
    pub(crate) fn answer(&self, arguments: &[&str]) -> String {
        let ended = self.ask(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.stdout
    }

    /// Ends it without a warning, as a power cut would.
    pub(crate) fn kill(self) {
        send_signal("KILL", self.id());
        assert_eq!(self.end().code, None);
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn terminate(self) -> Ended {
        send_signal("TERM", self.id());
        self.end()
    }

    /// Waits for its end; `stdout` is what it printed after it began to serve.
    pub(crate) fn end(mut self) -> Ended {
        let stdout: Vec<String> = std::iter::from_fn(|| self.stdout.next()).collect();
        let stderr = joined(&self.stderr, "its end");
        Ended { code: self.child.0.wait().expect("it can be waited for").code(), stdout: stdout.join("\n"), stderr }
    }
}

/// Lines as they come.
struct BufferedLines {
    lines: Receiver<String>,
    _reading: JoinHandle<()>,
}

impl BufferedLines {
    fn of(stdout: ChildStdout) -> Self {
        let (sender, lines) = sync_channel(LINES_WAITING);
        let reading = thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        Self { lines, _reading: reading }
    }

    /// The next one; `None` when there are no more.
    fn next(&mut self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(Disconnected) => None,
            Err(Timeout) => panic!("waited in vain for a line"),
        }
    }
}

/// Reads to the end, on a thread of its own, so that the process never waits for its reader.
fn read_all(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, all) = sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Err(error) = pipe.read_to_end(&mut bytes) {
            let _ = writeln!(bytes, "unreadable: {error}");
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned()); // Nobody may want it.
    });
    all
}

fn joined(all: &Receiver<String>, what: &str) -> String {
    all.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
