//! Calls and tasks that compile and run, and those that must not compile, with what the compiler says
//! about them. The cases know this crate alone, not those below it.

#[test]
fn what_is_right_compiles_and_what_is_wrong_does_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/good/*.rs");
    cases.compile_fail("tests/bad/*.rs");
}
