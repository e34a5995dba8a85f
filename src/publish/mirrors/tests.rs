use std::future::ready;

use super::*;

fn rejected() -> MqttError {
    MqttError::Rejected { broker: "b:1883".into(), what: "t".into(), reason: "NotAuthorized".into() }
}

fn lost() -> MqttError {
    MqttError::Lost { broker: "b:1883".into(), reason: "reset".into() }
}

fn answers(answers: Vec<(&str, Result<(), MqttError>)>) -> Vec<(String, Answer)> {
    let one = |(topic, answer): (&str, Result<(), MqttError>)| (topic.to_owned(), Box::pin(ready(answer)) as Answer);
    answers.into_iter().map(one).collect()
}

#[tokio::test]
async fn an_event_is_acknowledged_when_all_its_messages_are() {
    let taken = Taken::default();
    all_taken(1, answers(vec![("a", Ok(())), ("b", Ok(()))]), taken.clone()).await.expect("all were taken");
    assert!(!taken.has(1, "a"), "nothing is left to be remembered");
    all_taken(2, answers(vec![]), taken).await.expect("an event that no mirror tells is done");
}

#[tokio::test]
async fn what_one_mirror_is_refused_the_others_do_not_get_again() {
    let taken = Taken::default();
    let error = all_taken(1, answers(vec![("a", Err(rejected())), ("b", Ok(()))]), taken.clone()).await;
    assert!(matches!(error, Err(PublishError::Mqtt(MqttError::Rejected { .. }))));
    assert!(taken.has(1, "b") && !taken.has(1, "a"));
    all_taken(1, answers(vec![("a", Ok(()))]), taken.clone()).await.expect("the rest was taken");
    assert!(!taken.has(1, "b"));
}

#[tokio::test]
async fn a_lost_connection_is_no_refusal() {
    let error = all_taken(1, answers(vec![("a", Err(rejected())), ("b", Err(lost()))]), Taken::default()).await;
    assert!(matches!(error, Err(PublishError::Mqtt(MqttError::Lost { .. }))));
}
