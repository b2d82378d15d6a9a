//! What a task is in code: #[task], the registry, values and encodings, the task context.
