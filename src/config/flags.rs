//! The layer that the command line writes.

use std::path::PathBuf;

use crate::config::{
    LogFormat,
    written::{RawConfig, RawLog, RawServer},
};

/// Flags of `xunzhang serve`. What is not given is taken from the environment, the file, the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct ServeFlags {
    /// Configuration file, in TOML [default: none, or `XUNZHANG_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the gRPC listener; port 0 picks a free one [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Address of the gRPC listener for operators, or `off` [default: 127.0.0.1:50052]
    #[arg(long, value_name = "ADDR|off")]
    pub admin_listen: Option<String>,
    /// Address for /metrics, /livez and /readyz, or `off` [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDR|off")]
    pub http_listen: Option<String>,
    /// Allow addresses that other machines can reach to go without TLS
    #[arg(long)]
    pub allow_plaintext: bool,
    /// Form of the log lines on standard error [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Directory of the index; made when it is missing [default: xunzhang-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// File or directory to bring in before serving; may be given again. What cannot be taken in now, as on a full disk,
    /// is tried again while what is there is served
    #[arg(long, value_name = "PATH")]
    pub import: Vec<PathBuf>,
    /// Check the configuration, then stop
    #[arg(long)]
    pub check_config: bool,
    /// Print the configuration in effect as TOML, secrets masked, then stop
    #[arg(long)]
    pub print_config: bool,
}

/// Flags of `xunzhang repair`, which reads the same settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct RepairFlags {
    /// Configuration file of the service, in TOML [default: none, or `XUNZHANG_CONFIG`]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the index [default: xunzhang-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Go on without what is lost: its files move to `quarantine/` in the directory, and the rest becomes an index of its own
    #[arg(long)]
    pub leave_out_damaged: bool,
}

impl RepairFlags {
    /// What the service would be started with.
    #[must_use]
    pub fn of_service(&self) -> ServeFlags {
        let Self { config, data_dir, leave_out_damaged: _ } = self.clone();
        ServeFlags { config, data_dir, ..ServeFlags::default() }
    }
}

impl ServeFlags {
    /// What the flags say, as a layer.
    pub(super) fn layer(&self) -> RawConfig {
        RawConfig {
            data_dir: self.data_dir.clone(),
            import: (!self.import.is_empty()).then(|| self.import.clone()),
            server: RawServer {
                listen: self.listen.clone(),
                admin_listen: self.admin_listen.clone(),
                http_listen: self.http_listen.clone(),
                allow_plaintext: self.allow_plaintext.then_some(true),
                ..RawServer::default()
            },
            log: RawLog { format: self.log_format, ..RawLog::default() },
            ..RawConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn parse(arguments: &[&str]) -> ServeFlags {
        let command = ServeFlags::augment_args(Command::new("serve").no_binary_name(true));
        ServeFlags::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
    }

    #[test]
    fn no_flags_say_nothing() {
        assert_eq!(parse(&[]).layer(), RawConfig::default());
    }

    #[test]
    fn every_flag_reaches_its_key() {
        let flags = parse(&[
            "--listen=[::1]:0",
            "--admin-listen=off",
            "--http-listen=127.0.0.1:0",
            "--allow-plaintext",
            "--log-format=json",
            "--data-dir=d",
            "--import=a",
            "--import=b",
        ]);
        let layer = flags.layer();
        assert_eq!(layer.server.listen.as_deref(), Some("[::1]:0"));
        assert_eq!(layer.server.admin_listen.as_deref(), Some("off"));
        assert_eq!(layer.server.http_listen.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(layer.server.allow_plaintext, Some(true));
        assert_eq!(layer.log.format, Some(LogFormat::Json));
        assert_eq!(layer.data_dir, Some("d".into()));
        assert_eq!(layer.import, Some(vec!["a".into(), "b".into()]));
    }
}
