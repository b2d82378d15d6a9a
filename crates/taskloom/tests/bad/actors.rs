use taskloom::prelude::*;

struct Plain;

#[actor]
impl Plain {
    pub fn ping(&self) {}
}

struct Eater;

#[actor]
impl Eater {
    pub fn new() -> Self {
        Self
    }

    pub fn eat(self) {}
}

struct Generic<T>(T);

#[actor]
impl<T: Send> Generic<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

#[actor]
impl Clone for Plain {
    fn clone(&self) -> Self {
        Self
    }
}

struct Lender(String);

#[actor]
impl Lender {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

struct Itself;

#[actor]
impl Itself {
    pub fn new() -> Self {
        Self
    }

    pub fn again(&self) -> Self {
        Self
    }
}

#[actor]
fn function() {}

fn main() {}
