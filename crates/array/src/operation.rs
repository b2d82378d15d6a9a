//! The operations that workers run: programs of kernels.

use taskloom_core::{ErrorCode, TaskFailure};
use taskloom_kernels::{Block, Kernel, KernelError, Program};
use taskloom_task::__private::{Linked, inventory};
use taskloom_task::{Argument, Bytes, Definition, Run, TaskContext, Value, ValueError};

/// The hash of the arguments as they are: a program, then its blocks.
const SIGNATURE: u64 = 1;

/// One operation per family of kernels, so that each has durations of its own: the scheduler places
/// tasks by what their operation took so far.
macro_rules! operations {
    ($($name:ident $text:literal)+) => {
        $(static $name: Definition =
            Definition::new(concat!("taskloom_array::", $text), 1, SIGNATURE, Run::Thread(run))
                .at(file!(), line!());
        inventory::submit! { Linked(|| &$name) })+
    };
}

operations! {
    ELEMENTWISE "elementwise"
    MAKE "make"
    REDUCE "reduce"
    SCAN "scan"
    ORDER "order"
    INDEX "index"
    RESHAPE "reshape"
    MULTIPLY "multiply"
    LINALG "linalg"
    FOURIER "fourier"
    ELEMENT "element"
}

/// The operation that runs a program: that of its last step.
pub(crate) fn of(program: &Program) -> &'static Definition {
    match program.steps.last().map(|step| &*step.kernel) {
        None => &ELEMENT,
        Some(Kernel::Elementwise(_)) => &ELEMENTWISE,
        Some(Kernel::Make(_)) => &MAKE,
        Some(Kernel::Reduce(_)) => &REDUCE,
        Some(Kernel::Scan(_)) => &SCAN,
        Some(Kernel::Order(_)) => &ORDER,
        Some(Kernel::Index(_)) => &INDEX,
        Some(Kernel::Reshape(_)) => &RESHAPE,
        Some(Kernel::Multiply(_)) => &MULTIPLY,
        Some(Kernel::Linalg(_)) => &LINALG,
        Some(Kernel::Fourier(_)) => &FOURIER,
    }
}

fn run(_context: &TaskContext, arguments: Vec<Argument>) -> Result<Value, TaskFailure> {
    let mut arguments = arguments.into_iter();
    let program = match arguments.next() {
        Some(Argument::Value(value)) => value.get::<Bytes>().map_err(|e| unreadable(&e))?,
        _ => return Err(TaskFailure::new(ErrorCode::Decode, "no program was given")),
    };
    let program = Program::decode(&program)
        .map_err(|error| TaskFailure::new(ErrorCode::Decode, error.to_string()))?;
    let blocks = arguments.map(block).collect::<Result<Vec<Block>, _>>()?;
    let mut blocks = program.run(blocks).map_err(|error| failed(&error))?;
    if blocks.len() == 1
        && let Some(block) = blocks.pop()
    {
        return Ok(Value::live(block.compact()));
    }
    Ok(Value::sequence(
        blocks.into_iter().map(Block::compact).collect(),
    ))
}

/// The block of an argument: its own, if nobody else holds the value.
fn block(argument: Argument) -> Result<Block, TaskFailure> {
    match argument {
        Argument::Value(value) => {
            let lent = value.get::<Block>().map_err(|error| unreadable(&error))?;
            Ok(Block::clone(&lent))
        }
        _ => Err(TaskFailure::new(ErrorCode::Decode, "an input is no block")),
    }
}

fn unreadable(error: &ValueError) -> TaskFailure {
    TaskFailure::new(ErrorCode::Decode, error.to_string())
}

fn failed(error: &KernelError) -> TaskFailure {
    let code = match error {
        KernelError::Program(_) => ErrorCode::Decode,
        _ => ErrorCode::Task,
    };
    TaskFailure::new(code, error.to_string())
}
