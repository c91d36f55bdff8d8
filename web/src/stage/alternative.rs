//! The stage as a table: everything that the picture shows at the clock's moment, in words.

use super::view::{frame_parts, setup};
use crate::i18n::{numbers, stage::Text};
use crate::page::Page;
use crate::state::PageState;
use highwater_model::view::{BrokerFrame, ConsumerFrame, ControllerFrame, Frame, PartitionFrame, ProducerFrame};
use highwater_model::{LaneId, Layout};
use leptos::prelude::*;

/// The table, closed at first.
#[component]
pub fn Alternative(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let is_open = RwSignal::new(false);
    let lines = Memo::new(move |_| {
        page.text();
        if is_open.get() { page.read(frame_parts(lane), |state| lines_of(state, lane)) } else { Vec::new() }
    });
    let line = |(who, what): (String, String)| view! { <tr><th scope="row">{who}</th><td>{what}</td></tr> };
    view! {
        <details class="stage-table" on:toggle=move |_| is_open.update(|open| *open = !*open)>
            <summary>{page.say(|text| text.stage.as_table)}</summary>
            <div class="scroll" tabindex="0" role="group" aria-label=page.say(|text| text.stage.as_table)>
                <table>
                    <thead><tr>
                        <th scope="col">{page.say(|text| text.stage.who)}</th>
                        <th scope="col">{page.say(|text| text.stage.what)}</th>
                    </tr></thead>
                    <tbody>{move || lines.get().into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

fn lines_of(state: &PageState, lane: LaneId) -> Vec<(String, String)> {
    let Some(frame) = state.lane(lane).frame() else { return Vec::new() };
    let setup = setup(state, lane);
    lines(frame, &setup.layout(), setup.producer.buffer_memory, &state.chrome().language.text().stage)
}

/// Who, and in which state.
fn lines(frame: &Frame, layout: &Layout, buffer_memory: u64, text: &Text) -> Vec<(String, String)> {
    let brokers = frame.brokers.iter().map(|broker| ((text.broker)(broker.broker.0), broker_line(broker, text)));
    let controllers = frame
        .controllers
        .iter()
        .map(|controller| ((text.controller)(controller.controller.0), controller_line(controller, text)));
    let producers = (1..).zip(&frame.producers);
    let producers = producers.map(|(n, producer)| ((text.producer)(n), producer_line(producer, buffer_memory, text)));
    let consumers = (1..).zip(&frame.consumers);
    let consumers = consumers.map(|(n, consumer)| ((text.consumer)(n), consumer_line(consumer, frame, text)));
    let partitions = frame.partitions.iter().map(|partition| partition_line(partition, layout, text));
    brokers.chain(controllers).chain(producers).chain(consumers).chain(partitions).collect()
}

fn broker_line(broker: &BrokerFrame, text: &Text) -> String {
    let fenced = broker.fenced.then_some(text.fenced);
    let words = [Some((text.state)(broker.state)), fenced].into_iter().flatten();
    let words: Vec<&str> = words.collect();
    format!("{}, {}", (text.rack)(broker.rack), words.join(", "))
}

fn controller_line(controller: &ControllerFrame, text: &Text) -> String {
    let active = controller.active.then_some(text.active);
    let words: Vec<&str> = [Some((text.state)(controller.state)), active].into_iter().flatten().collect();
    words.join(", ")
}

fn producer_line(producer: &ProducerFrame, buffer_memory: u64, text: &Text) -> String {
    let mut words = vec![(text.state)(producer.state).to_owned()];
    if producer.blocked {
        words.push(text.blocked.to_owned());
    }
    words.push((text.queued)(&numbers::count(producer.queued_records)));
    words.push((text.in_flight)(producer.in_flight));
    let share = producer.buffer_bytes as f64 / buffer_memory.max(1) as f64;
    words.push((text.buffer)(&numbers::percent(share)));
    words.join(", ")
}

fn consumer_line(consumer: &ConsumerFrame, frame: &Frame, text: &Text) -> String {
    let mut words = vec![(text.state)(consumer.state).to_owned()];
    if !consumer.member {
        words.push(text.no_member.to_owned());
    }
    let lag = consumer.owned.iter().map(|owned| {
        let partition = frame.partitions.iter().find(|partition| partition.partition == owned.partition);
        partition.map_or(0, |partition| super::tail::committed(partition).saturating_sub(owned.position))
    });
    words.push((text.lag)(&numbers::count(lag.sum())));
    words.push((text.unprocessed)(&numbers::count(consumer.unprocessed)));
    words.join(", ")
}

fn partition_line(partition: &PartitionFrame, layout: &Layout, text: &Text) -> (String, String) {
    let name = layout.name(partition.partition);
    let leader = partition.leader.map_or_else(|| text.no_leader.to_owned(), |broker| broker.to_string());
    let end = partition.replicas.iter().map(|replica| replica.end).max().unwrap_or(0);
    let watermark = numbers::count(super::tail::committed(partition));
    let line = (text.partition_line)(&leader, &partition.isr.to_string(), &watermark, &numbers::count(end));
    (name, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::stage::EN;
    use crate::stage::fixture;
    use highwater_model::trace::NodeState;

    #[test]
    fn the_table_says_what_the_picture_shows() {
        let mut frame = fixture::frame(vec![fixture::partition(&[(1, 104, 101), (2, 103, 101)])]);
        frame.brokers[0].state = NodeState::Crashed;
        frame.brokers[0].fenced = true;
        let layout = Layout {
            topic: "payments".to_owned(),
            data_partitions: 1,
            offsets_partitions: 1,
            transaction_partitions: 0,
        };
        let lines = lines(&frame, &layout, 33_554_432, &EN);
        let find =
            |who: &str| lines.iter().find(|(name, _)| name == who).map(|(_, what)| what.replace('\u{202f}', " "));
        assert_eq!(find("broker 1").as_deref(), Some("rack 1, killed, fenced"));
        assert_eq!(find("controller 1").as_deref(), Some("running, active"));
        let producer = "running, blocked in send(), 12 queued, 1 in flight, buffer 50 %";
        assert_eq!(find("producer 1").as_deref(), Some(producer));
        assert_eq!(find("consumer 1").as_deref(), Some("running, lag 6, 5 unprocessed"));
        let partition = "leader b1, ISR [b1 b2], high watermark 101, log end 104";
        assert_eq!(find("payments-0").as_deref(), Some(partition));
    }
}
