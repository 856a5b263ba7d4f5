//! The runtime's decisions on questions that the contract leaves open.

use super::*;

#[test]
fn decision_32_work_left_running_goes_on_with_the_next_event() {
    on_a_thread(|| async {
        let code = "let ran = 0;
        exports.handler = async (event) => {
            if (event.first) { setTimeout(() => { ran++ }, 20); return ran; }
            while (!ran) await new Promise((again) => setTimeout(again, 1));
            return ran;
        }";
        let (mut environment, _) = start(&[("index.js", code)]).await;
        assert_eq!(ask(&mut environment, &json!({"first": true})).await, Ok(json!(0)));
        // Frozen in between: it has not run when the same environment is asked much later.
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(ask(&mut environment, &json!({"first": true})).await, Ok(json!(0)));
        assert_eq!(ask(&mut environment, &json!({})).await, Ok(json!(1)));
    });
}

#[test]
fn decision_37_the_log_group_has_no_region() {
    on_a_thread(|| async {
        let code = "exports.handler = async (event, context) => context.logGroupName";
        assert_eq!(answer(code).await, Ok(json!("/aws/lambda/greeter")));
    });
}
