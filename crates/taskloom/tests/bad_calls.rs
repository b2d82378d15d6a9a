//! Calls and tasks that must not compile, and what the compiler says about them. The cases know
//! this crate alone, not those below it.

#[test]
fn what_is_wrong_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/bad/*.rs");
}
