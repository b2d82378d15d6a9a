use taskloom::prelude::*;

struct Plain;

#[task]
fn takes(x: Plain) {
    let _ = x;
}

#[task]
fn gives() -> std::rc::Rc<i64> {
    std::rc::Rc::new(1)
}

struct NotShown;

#[task]
fn fails() -> Result<i64, NotShown> {
    Err(NotShown)
}

fn main() {}
