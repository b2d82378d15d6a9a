//! The layers of the configuration: defaults, file, environment, flags. The later ones win.

mod error;
mod layer;

pub(crate) use error::LayerError;

use crate::flags::Flags;
use crate::settings::{self, Section};
use config::{Config, Map, Source, Value, ValueKind};
use layer::Layer;
use std::path::PathBuf;

/// The settings of one daemon with all layers applied.
#[derive(Debug)]
pub(crate) struct Layers {
    section: Section,
    /// By path, each with the place it stands at.
    values: Map<String, Value>,
    /// What a person should hear that does not stop the daemon.
    pub warnings: Vec<String>,
}

impl Layers {
    /// Puts the layers of one daemon together.
    pub(crate) fn new(
        section: Section,
        flags: &Flags,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, LayerError> {
        let mut variables = Layer::default();
        let mut warnings = Vec::new();
        let mut file = flags.config.clone();
        for (name, text) in environment {
            if name == crate::flags::CONFIG_VARIABLE {
                file = file.or_else(|| Some(PathBuf::from(text)));
                continue;
            }
            variables.add_variable(&name, text, section, &mut warnings)?;
        }
        let mut given = Layer::default();
        for (setting, text) in &flags.settings {
            given.add(setting, setting.flag(), text.clone().into());
        }
        let mut builder = Config::builder().add_source(Layer::defaults(section));
        if let Some(path) = file {
            builder = builder.add_source(Layer::file(&path)?.settled(&path.display().to_string())?);
        }
        let merged = builder
            .add_source(variables.settled("the environment")?)
            .add_source(given.settled("the command line")?)
            .build()?;
        Ok(Self {
            section,
            values: flat(merged.collect()?)?,
            warnings,
        })
    }

    /// The value of a setting by its key, read by `parse`; `None` if nothing sets it.
    ///
    /// `parse` says what is wrong with a text; where it stands is added here.
    pub(crate) fn read<T, E: ToString>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, LayerError> {
        let Some((place, text)) = self.text(key) else {
            return Ok(None);
        };
        let parsed = parse(&text);
        parsed.map(Some).map_err(|reason| LayerError::Value {
            place,
            reason: reason.to_string(),
        })
    }

    /// Like [`Self::read`], for settings that have a default.
    pub(crate) fn require<T, E: ToString>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, LayerError> {
        self.read(key, parse)?
            .ok_or_else(|| LayerError::Missing(format!("{key} is not set")))
    }

    /// Where a setting was set last: a flag, a variable, a file with its key. For messages about
    /// values that turn out to be wrong only later.
    pub(crate) fn place(&self, key: &str) -> String {
        self.text(key)
            .map_or_else(|| format!("--{key}"), |(place, _)| place)
    }

    fn text(&self, key: &str) -> Option<(String, String)> {
        let setting = settings::of(self.section).find(|row| row.key == key)?;
        let value = self.values.get(&setting.path())?;
        let place = value.origin().unwrap_or("the default").to_owned();
        match &value.kind {
            ValueKind::String(text) if !text.is_empty() => Some((place, text.clone())),
            // Taken back by a layer above, or set to nothing.
            _ => None,
        }
    }
}

/// The values of all tables by their paths. `Config::get` would do, but loses their places.
fn flat(tables: Map<String, Value>) -> Result<Map<String, Value>, LayerError> {
    let mut values = Map::new();
    for (key, value) in tables {
        if !matches!(value.kind, ValueKind::Table(_)) {
            values.insert(key, value);
            continue;
        }
        for (inner, value) in value.into_table()? {
            values.insert(format!("{key}.{inner}"), value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags::{self, CommandLine};
    use std::convert::Infallible;

    fn layers(
        section: Section,
        words: &[&str],
        environment: &[(&str, &str)],
        file: Option<&str>,
    ) -> Result<Layers, String> {
        let line = CommandLine {
            program: "test".into(),
            prefix: Vec::new(),
            arguments: words.iter().map(std::ffi::OsString::from).collect(),
        };
        let mut flags = flags::parse(section, &line).unwrap();
        let directory = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            let path = directory.path().join("taskloom.toml");
            std::fs::write(&path, text).unwrap();
            flags.config = Some(path);
        }
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let inside = format!("{}/", directory.path().display());
        Layers::new(section, &flags, environment)
            .map_err(|error| error.to_string().replace(&inside, ""))
    }

    fn read(layers: &Layers, key: &str) -> Option<String> {
        layers
            .read(key, |text| Ok::<_, Infallible>(text.to_owned()))
            .unwrap()
    }

    #[test]
    fn later_layers_win() {
        let file = Some("[scheduler]\nport = 1\n");
        let (flag, variable) = (["--port", "3"], [("TASKLOOM_SCHEDULER__PORT", "2")]);
        let port = |words: &[&str], environment: &[(&str, &str)], file| {
            read(
                &layers(Section::Scheduler, words, environment, file).unwrap(),
                "port",
            )
            .unwrap()
        };
        assert_eq!(port(&[], &[], None), "8786");
        assert_eq!(port(&[], &[], file), "1");
        assert_eq!(port(&[], &variable, file), "2");
        assert_eq!(port(&flag, &variable, file), "3");
    }

    #[test]
    fn places_are_named() {
        let file = Some("log-level = 'x'\n[worker]\nnthreads = 2");
        let all = layers(
            Section::Worker,
            &["--name", "w"],
            &[("TASKLOOM_WORKER__PORT", "0")],
            file,
        )
        .unwrap();
        assert_eq!(all.place("name"), "--name");
        assert_eq!(all.place("port"), "TASKLOOM_WORKER__PORT");
        assert!(
            all.place("nthreads")
                .ends_with("taskloom.toml: worker.nthreads")
        );
        assert!(all.place("log-level").ends_with("taskloom.toml: log-level"));
    }

    #[test]
    fn the_common_variable_names_the_scheduler_of_a_worker() {
        let all = layers(
            Section::Worker,
            &[],
            &[("TASKLOOM_SCHEDULER", "there:1")],
            None,
        )
        .unwrap();
        assert_eq!(read(&all, "scheduler").unwrap(), "there:1");
        for order in [[0, 1], [1, 0]] {
            let both = [
                ("TASKLOOM_SCHEDULER", "a:1"),
                ("TASKLOOM_WORKER__SCHEDULER", "b:2"),
            ];
            let all = layers(Section::Worker, &[], &order.map(|at| both[at]), None).unwrap();
            assert_eq!(read(&all, "scheduler").unwrap(), "b:2");
        }
        layers(
            Section::Scheduler,
            &[],
            &[("TASKLOOM_SCHEDULER", "there:1")],
            None,
        )
        .unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_and_nearest_name() {
        let wrong = |text| layers(Section::Scheduler, &[], &[], Some(text)).unwrap_err();
        assert_eq!(
            wrong("[worker]\nntreads = 2"),
            "taskloom.toml: unknown key worker.ntreads; did you mean worker.nthreads?"
        );
        assert_eq!(
            wrong("loglevel = 'info'"),
            "taskloom.toml: unknown key loglevel; did you mean log-level?"
        );
        assert_eq!(
            wrong("port = 8786"),
            "taskloom.toml: unknown key port; did you mean scheduler.port?"
        );
        assert_eq!(
            wrong("[pages]\nport = 1"),
            "taskloom.toml: unknown key pages"
        );
        assert!(wrong("scheduler = 'a:1'").contains("write [scheduler]"));
    }

    #[test]
    fn a_file_that_is_not_toml_or_not_there_is_refused_by_name() {
        let text = layers(Section::Worker, &[], &[], Some("[worker]\nname = ")).unwrap_err();
        assert!(text.starts_with("the configuration file taskloom.toml is not valid TOML"));
        assert!(text.contains("line 2"), "{text}");
        let text = layers(Section::Worker, &["--config", "/no/such.toml"], &[], None).unwrap_err();
        assert!(
            text.starts_with("cannot read the configuration file /no/such.toml"),
            "{text}"
        );
        let variable = [("TASKLOOM_CONFIG", "/nor/such.toml")];
        let text = layers(Section::Worker, &[], &variable, None).unwrap_err();
        assert!(text.contains("/nor/such.toml"), "{text}");
    }

    #[test]
    fn unknown_variables_are_refused_or_warned_about() {
        let wrong = [("TASKLOOM_WORKER__NTREADS", "2")];
        assert_eq!(
            layers(Section::Worker, &[], &wrong, None).unwrap_err(),
            "the environment: unknown key TASKLOOM_WORKER__NTREADS; \
             did you mean TASKLOOM_WORKER__NTHREADS?"
        );
        let slip = [
            ("TASKLOOM_WORKER_NTHREADS", "2"),
            ("TASKLOOM_SCHEDULER_SERVICE_HOST", "x"),
        ];
        let warnings = layers(Section::Worker, &[], &slip, None).unwrap().warnings;
        assert_eq!(
            warnings,
            ["the variable TASKLOOM_WORKER_NTHREADS is not used; \
              did you mean TASKLOOM_WORKER__NTHREADS?"]
        );
    }

    #[test]
    fn resources_may_be_a_table_with_names_as_they_are() {
        let file = Some("[worker]\nresources = { GPU = 2, mem = 0.5 }");
        let all = layers(Section::Worker, &[], &[], file).unwrap();
        assert_eq!(read(&all, "resources").unwrap(), "GPU=2 mem=0.5");
        assert!(
            all.place("resources")
                .ends_with("taskloom.toml: worker.resources")
        );
        let list = layers(Section::Worker, &[], &[], Some("[worker]\nnthreads = [1]"));
        assert_eq!(
            list.unwrap_err(),
            "taskloom.toml: worker.nthreads: give one value here, not a list or table"
        );
    }

    #[test]
    fn a_flag_stands_in_for_what_the_file_says_otherwise() {
        let file = Some("[scheduler]\nlisten-address = '10.0.0.1:1'");
        let all = layers(Section::Scheduler, &["--port", "5"], &[], file).unwrap();
        assert_eq!(read(&all, "listen-address"), None);
        assert_eq!(read(&all, "port").unwrap(), "5");
        let file = Some("[scheduler]\nhost = '10.0.0.1'\nport = 1");
        let all = layers(Section::Scheduler, &["--listen-address", "x:5"], &[], file).unwrap();
        assert_eq!((read(&all, "host"), read(&all, "port")), (None, None));
        let both = layers(
            Section::Scheduler,
            &["--host", "a", "--interface", "b"],
            &[],
            None,
        );
        assert_eq!(
            both.unwrap_err(),
            "the command line: host and interface exclude each other: give one of them"
        );
    }
}
