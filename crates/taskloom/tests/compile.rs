//! Calls and tasks that must not compile, with what the compiler says about them. Those that must are
//! in `good`: compiled here they would have all crates built once more.

#[test]
fn what_is_wrong_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/bad/*.rs");
}
