import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The clients of a real cluster: a producer with an even load, an observer of leaders, ISRs and fenced brokers, and a
 * reader of the whole log. It is told what to do line by line, and tells what happens line by line.
 */
public class Driver {
    static final String TOPIC = "lab";
    static String bootstrap;
    static KafkaProducer<byte[], byte[]> producer;
    static long next = 0;
    static volatile Load load = new Load(0, 0, 0);

    /** Records a second, how many are left (negative: no end), bytes of a value. */
    record Load(double rate, long records, int bytes) {}

    static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    static String name(Throwable error) {
        Throwable cause = error.getCause() != null && error instanceof java.util.concurrent.ExecutionException ? error.getCause() : error;
        return cause.getClass().getSimpleName();
    }

    static Properties base() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        return properties;
    }

    static Map<String, String> pairs(String text) {
        Map<String, String> pairs = new HashMap<>();
        for (String pair : text.split(";")) {
            int at = pair.indexOf('=');
            if (at > 0) pairs.put(pair.substring(0, at), pair.substring(at + 1));
        }
        return pairs;
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        Thread sender = new Thread(Driver::send);
        sender.setDaemon(true);
        sender.start();
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "topic" -> topic(words[1], words[2]);
                case "producer" -> producer(words[1]);
                case "load" -> load = new Load(Double.parseDouble(words[1]), Long.parseLong(words[2]), Integer.parseInt(words[3]));
                // What is in send() just now is sent.
                case "close" -> { load = new Load(0, 0, 0); sleep(200); producer.close(Duration.ofSeconds(150)); say("closed"); }
                case "read" -> read();
                case "quit" -> System.exit(0);
                default -> throw new IllegalArgumentException(line);
            }
        }
        System.exit(0);
    }

    static void topic(String settings, String assignment) throws Exception {
        Map<Integer, List<Integer>> replicas = new HashMap<>();
        for (String partition : assignment.split(";")) {
            List<Integer> brokers = java.util.Arrays.stream(partition.split(",")).map(Integer::parseInt).collect(Collectors.toList());
            replicas.put(replicas.size(), brokers);
        }
        try (Admin admin = Admin.create(base())) {
            for (int attempt = 0; ; attempt++) {
                try {
                    int brokers = admin.describeCluster().nodes().get().size();
                    int needed = replicas.values().stream().flatMap(List::stream).collect(Collectors.toSet()).size();
                    if (brokers >= needed) break;
                } catch (Exception error) {
                    if (attempt > 120) throw error;
                }
                Thread.sleep(500);
            }
            admin.createTopics(List.of(new NewTopic(TOPIC, replicas).configs(pairs(settings)))).all().get();
        }
        Thread observer = new Thread(() -> observe(replicas.size()));
        observer.setDaemon(true);
        observer.start();
        say("topic");
    }

    static void producer(String settings) {
        Properties properties = base();
        properties.putAll(pairs(settings));
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.partitionsFor(TOPIC);
        say("producer");
    }

    static void send() {
        double due = 0;
        while (true) {
            Load now = load;
            if (now.rate() <= 0 || now.records() == 0) {
                due = 0;
                sleep(1);
                continue;
            }
            double time = System.nanoTime() / 1e9;
            due = due == 0 ? time : due + 1 / now.rate();
            if (due > time) sleep(Math.round((due - time) * 1000));
            long id = next++;
            byte[] value = new byte[Math.max(8, now.bytes())];
            java.nio.ByteBuffer.wrap(value).putLong(id);
            say("sent " + id);
            try {
                producer.send(new ProducerRecord<>(TOPIC, value), (metadata, error) -> {
                    if (error == null) say("acked " + id + " " + metadata.partition() + " " + (metadata.hasOffset() ? metadata.offset() : -1));
                    else say("failed " + id + " " + (metadata == null ? 0 : Math.max(0, metadata.partition())) + " " + name(error));
                });
            } catch (Exception error) {
                say("failed " + id + " 0 " + name(error));
            }
            synchronized (Driver.class) {
                if (load == now && now.records() > 0) load = new Load(now.rate(), now.records() - 1, now.bytes());
            }
        }
    }

    static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    static String ids(java.util.Collection<Node> nodes) {
        return nodes.stream().map(node -> String.valueOf(node.id())).sorted().collect(Collectors.joining(","));
    }

    /** Tells of every change of leader, ISR and ELR, of fenced brokers, and of the readable end. */
    static void observe(int partitions) {
        Properties properties = base();
        properties.put("default.api.timeout.ms", "4000");
        properties.put("request.timeout.ms", "2000");
        Map<String, String> last = new HashMap<>();
        try (Admin admin = Admin.create(properties)) {
            while (true) {
                try {
                    var topic = admin.describeTopics(List.of(TOPIC)).allTopicNames().get(4, TimeUnit.SECONDS).get(TOPIC);
                    for (var partition : topic.partitions()) {
                        int leader = partition.leader() == null || partition.leader().isEmpty() ? -1 : partition.leader().id();
                        String elr = partition.elr() == null ? "" : ids(partition.elr());
                        tell(last, "partition " + partition.partition(), leader + " [" + ids(partition.isr()) + "] [" + elr + "]");
                    }
                    var options = new DescribeClusterOptions().includeFencedBrokers(true);
                    for (Node node : admin.describeCluster(options).nodes().get(4, TimeUnit.SECONDS)) {
                        tell(last, "broker " + node.id(), node.isFenced() ? "fenced" : "unfenced");
                    }
                    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
                    for (int p = 0; p < partitions; p++) ends.put(new TopicPartition(TOPIC, p), OffsetSpec.latest());
                    var offsets = admin.listOffsets(ends, new ListOffsetsOptions().timeoutMs(500));
                    for (TopicPartition partition : ends.keySet()) {
                        tell(last, "readable " + partition.partition(), String.valueOf(offsets.partitionResult(partition).get(1, TimeUnit.SECONDS).offset()));
                    }
                } catch (Exception error) {
                    // Nobody who could be asked is there just now.
                }
                sleep(20);
            }
        }
    }

    static void tell(Map<String, String> last, String what, String value) {
        if (!value.equals(last.put(what, value))) say(what + " " + value);
    }

    static void read() {
        Properties properties = base();
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = new ArrayList<>();
            consumer.partitionsFor(TOPIC).forEach(info -> all.add(new TopicPartition(TOPIC, info.partition())));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    say("record " + record.partition() + " " + record.offset() + " " + java.nio.ByteBuffer.wrap(record.value()).getLong());
                }
            }
        }
        say("read");
    }
}
