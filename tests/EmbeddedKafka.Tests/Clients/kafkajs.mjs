// Walks kafkajs, the Node client, through what its users do. Usage: node kafkajs.mjs HOST:PORT (kafkajs must be installed).
// Prints one line a step and ends with "N steps passed"; any step that fails ends it with exit code 1.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { Kafka, logLevel, CompressionTypes, ConfigResourceTypes, AssignerProtocol } = require('kafkajs');

const kafka = new Kafka({ clientId: 'steps', brokers: [process.argv[2]], logLevel: logLevel.NOTHING, retry: { retries: 8 } });
const admin = kafka.admin();
let steps = 0;

async function step(name, action) {
  try {
    const result = await action();
    console.log(`${++steps}. ${name}`);
    return result;
  } catch (error) {
    console.error(`failed: ${name}: ${error.stack}`);
    process.exit(1);
  }
}

// Reads until `count` records came, in the order they came.
async function read(topic, count, options = {}, group = `g${Math.random()}`) {
  const consumer = kafka.consumer({ groupId: group, sessionTimeout: 10000, heartbeatInterval: 300, maxWaitTimeInMs: 500, ...options });
  const records = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${records.length} of ${count} records came`)), 20000);
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        records.push({ partition, ...message });
        if (records.length === count) {
          clearTimeout(late);
          resolve();
        }
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  return records;
}

await step('connects', () => admin.connect());
await step('describes the cluster', async () => {
  const cluster = await admin.describeCluster();
  assert.equal(cluster.brokers.length, 1);
  assert.equal(cluster.controller, cluster.brokers[0].nodeId);
  assert.ok(cluster.clusterId);
});
await step('creates topics', async () => {
  const created = await admin.createTopics({
    topics: [
      { topic: 'plain', numPartitions: 1 },
      { topic: 'wide', numPartitions: 4 },
      { topic: 'compacted', numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      { topic: 'txn', numPartitions: 1 },
    ],
  });
  assert.equal(created, true);
});
await step('does not create them twice', async () => assert.equal(await admin.createTopics({ topics: [{ topic: 'plain' }] }), false));
await step('refuses three replicas', () =>
  assert.rejects(admin.createTopics({ topics: [{ topic: 'three', replicationFactor: 3 }] })));
await step('refuses an unknown setting', () =>
  assert.rejects(admin.createTopics({ topics: [{ topic: 'odd', configEntries: [{ name: 'no.such', value: '1' }] }] })));
await step('lists topics', async () => {
  const topics = await admin.listTopics();
  for (const topic of ['plain', 'wide', 'compacted']) assert.ok(topics.includes(topic));
});
await step('tells metadata', async () => {
  const { topics } = await admin.fetchTopicMetadata({ topics: ['wide'] });
  assert.deepEqual(topics[0].partitions.map(p => p.partitionId).sort(), [0, 1, 2, 3]);
  assert.ok(topics[0].partitions.every(p => p.leader === 1));
});
await step('tells a topic\'s settings', async () => {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: 'compacted' }] });
  assert.equal(resources[0].configEntries.find(e => e.configName === 'cleanup.policy').configValue, 'compact');
});
await step('tells the broker\'s settings', async () => {
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }] });
  assert.ok(resources[0].configEntries.length > 3);
});
await step('changes a setting', async () => {
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: 'plain', configEntries: [{ name: 'retention.ms', value: '-1' }] }] });
  const { resources } = await admin.describeConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: 'plain', configNames: ['retention.ms'] }] });
  assert.deepEqual(resources[0].configEntries.map(e => e.configValue), ['-1']);
});
await step('adds partitions', async () => {
  await admin.createPartitions({ topicPartitions: [{ topic: 'wide', count: 6 }] });
  assert.equal((await admin.fetchTopicMetadata({ topics: ['wide'] })).topics[0].partitions.length, 6);
});

const producer = kafka.producer({ allowAutoTopicCreation: true });
await step('connects a producer', () => producer.connect());
await step('produces with key, value, headers and time', async () => {
  const [sent] = await producer.send({ topic: 'plain', messages: [{ key: 'k', value: 'v', timestamp: '1234567890123', headers: { a: '1', b: ['x', 'y'] } }] });
  assert.equal(sent.baseOffset, '0');
  assert.equal(sent.errorCode, 0);
});
await step('reads it back', async () => {
  const [record] = await read('plain', 1);
  assert.equal(record.key.toString(), 'k');
  assert.equal(record.value.toString(), 'v');
  assert.equal(record.timestamp, '1234567890123');
  assert.equal(record.headers.a.toString(), '1');
  assert.deepEqual(record.headers.b.map(String), ['x', 'y']);
});
await step('produces a tombstone and an empty value', async () => {
  await producer.send({ topic: 'plain', messages: [{ key: 't', value: null }, { key: 'e', value: '' }] });
  const records = await read('plain', 3);
  assert.equal(records[1].value, null);
  assert.equal(records[2].value.length, 0);
});
await step('refuses a keyless record for a compacted topic', () =>
  assert.rejects(producer.send({ topic: 'compacted', messages: [{ value: 'v' }] })));
await step('takes a keyed one', () => producer.send({ topic: 'compacted', messages: [{ key: 'k', value: 'v' }] }));
await step('produces gzip', async () => {
  await producer.send({ topic: 'zipped', compression: CompressionTypes.GZIP, messages: Array.from({ length: 100 }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(500) })) });
  const records = await read('zipped', 100);
  assert.deepEqual(records.map(r => r.key.toString()), Array.from({ length: 100 }, (_, i) => `${i}`));
});
await step('produces gzip to a compacted topic', () =>
  producer.send({ topic: 'compacted', compression: CompressionTypes.GZIP, messages: [{ key: 'a', value: '1' }, { key: 'b', value: '2' }] }));
await step('creates a topic by producing', async () => {
  await producer.send({ topic: 'by-itself', messages: [{ value: '1' }] });
  assert.ok((await admin.listTopics()).includes('by-itself'));
});
await step('sends to several topics at once', () =>
  producer.sendBatch({ topicMessages: [{ topic: 'plain', messages: [{ value: 'b1' }] }, { topic: 'wide', messages: [{ value: 'b2' }] }] }));
await step('produces with acks 0', () => producer.send({ topic: 'plain', acks: 0, messages: [{ value: 'silent' }] }));
await step('produces with acks 1', () => producer.send({ topic: 'plain', acks: 1, messages: [{ value: 'one' }] }));
await step('refuses a message above the limit', () =>
  assert.rejects(producer.send({ topic: 'plain', messages: [{ value: Buffer.alloc(2_000_000, 7) }] })));
await step('spreads keys over partitions, each always on the same', async () => {
  const messages = Array.from({ length: 200 }, (_, i) => ({ key: `key${i % 20}`, value: `${i}` }));
  await producer.send({ topic: 'wide', messages });
  const records = (await read('wide', 201)).filter(r => r.key);
  const places = new Map();
  for (const r of records) places.set(r.key.toString(), (places.get(r.key.toString()) ?? new Set()).add(r.partition));
  assert.equal(places.size, 20);
  assert.ok([...places.values()].every(p => p.size === 1));
});
await step('tells offsets', async () => {
  const [offsets] = await admin.fetchTopicOffsets('plain');
  assert.equal(offsets.low, '0');
  assert.equal(offsets.high, '6');
});
await step('tells offsets by time', async () => {
  const [offset] = await admin.fetchTopicOffsetsByTimestamp('plain', 1234567890124);
  assert.equal(offset.offset, '1');
});

await step('commits offsets in a group', async () => {
  await read('plain', 6, {}, 'committed');
  const [topic] = await admin.fetchOffsets({ groupId: 'committed', topics: ['plain'] });
  assert.equal(topic.partitions[0].offset, '6');
});
await step('goes on where the group was', async () => {
  await producer.send({ topic: 'plain', messages: [{ value: 'next' }] });
  const [record] = await read('plain', 1, {}, 'committed');
  assert.equal(record.value.toString(), 'next');
});
await step('sets a group\'s offsets', async () => {
  await admin.setOffsets({ groupId: 'committed', topic: 'plain', partitions: [{ partition: 0, offset: '2' }] });
  assert.equal((await admin.fetchOffsets({ groupId: 'committed', topics: ['plain'] }))[0].partitions[0].offset, '2');
});
await step('resets a group\'s offsets', () => admin.resetOffsets({ groupId: 'committed', topic: 'plain', earliest: true }));
await step('lists groups', async () => assert.ok((await admin.listGroups()).groups.some(g => g.groupId === 'committed')));

const members = [];
const assigned = [0, 0];
await step('shares partitions between two members', async () => {
  for (const i of [0, 1]) {
    const member = kafka.consumer({ groupId: 'pair', sessionTimeout: 10000, heartbeatInterval: 200, maxWaitTimeInMs: 200 });
    member.on(member.events.GROUP_JOIN, ({ payload }) => { assigned[i] = payload.memberAssignment.wide?.length ?? 0; });
    await member.connect();
    await member.subscribe({ topic: 'wide' });
    await member.run({ eachMessage: async () => {} });
    members.push(member);
  }
  const deadline = Date.now() + 20000;
  while (assigned[0] !== 3 || assigned[1] !== 3) {
    assert.ok(Date.now() < deadline, `assigned ${assigned}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
});
await step('describes the group', async () => {
  const { groups: [group] } = await admin.describeGroups(['pair']);
  assert.equal(group.state, 'Stable');
  assert.equal(group.members.length, 2);
  assert.ok(AssignerProtocol.MemberAssignment.decode(group.members[0].memberAssignment).assignment.wide.length === 3);
});
await step('does not delete a group with members', () => assert.rejects(admin.deleteGroups(['pair'])));
await step('gives a leaver\'s partitions to the other', async () => {
  await members[1].disconnect();
  const deadline = Date.now() + 20000;
  while (assigned[0] !== 6) {
    assert.ok(Date.now() < deadline, `assigned ${assigned}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  await members[0].disconnect();
});
await step('deletes a group', async () => {
  await admin.deleteGroups(['committed']);
  assert.ok(!(await admin.listGroups()).groups.some(g => g.groupId === 'committed'));
});

const once = kafka.producer({ transactionalId: 'js', idempotent: true, maxInFlightRequests: 1 });
await step('connects a transactional producer', () => once.connect());
await step('aborts a transaction', async () => {
  const transaction = await once.transaction();
  await transaction.send({ topic: 'txn', messages: [{ value: 'aborted' }] });
  await transaction.abort();
});
await step('commits a transaction with offsets', async () => {
  const transaction = await once.transaction();
  await transaction.send({ topic: 'txn', messages: [{ value: 'committed' }] });
  await transaction.sendOffsets({ consumerGroupId: 'in-txn', topics: [{ topic: 'plain', partitions: [{ partition: 0, offset: '3' }] }] });
  await transaction.commit();
  assert.equal((await admin.fetchOffsets({ groupId: 'in-txn', topics: ['plain'] }))[0].partitions[0].offset, '3');
});
await step('reads only what was committed', async () => {
  const [record] = await read('txn', 1);
  assert.equal(record.value.toString(), 'committed');
});
await step('reads what was aborted too, when it wants to', async () => {
  const records = await read('txn', 2, { readUncommitted: true });
  assert.deepEqual(records.map(r => r.value.toString()), ['aborted', 'committed']);
});
await step('closes the transactional producer', () => once.disconnect());

await step('deletes records', async () => {
  await admin.deleteTopicRecords({ topic: 'plain', partitions: [{ partition: 0, offset: '4' }] });
  assert.equal((await admin.fetchTopicOffsets('plain'))[0].low, '4');
});
await step('deletes a topic', async () => {
  await admin.deleteTopics({ topics: ['by-itself'] });
  assert.ok(!(await admin.listTopics()).includes('by-itself'));
});
await step('closes', async () => {
  await producer.disconnect();
  await admin.disconnect();
});
console.log(`${steps} steps passed`);
process.exit(0);
