// What a client written with tsdav does: `node sync.mjs KIND check` prints how each step went, as JSON; `node sync.mjs KIND sync MIRROR CHANGES`
// makes changes of its own ({made: {name: text}, changed: {from: to}, removed: [uid]}), syncs, and writes what it then has, by UID, into MIRROR.
import { createDAVClient } from 'tsdav';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const [kind, action, mirror, changes] = process.argv.slice(2);
const isCards = kind === 'carddav';
const client = await createDAVClient({
  serverUrl: process.env.CHALET_URL, // the host name only: the rest is found
  credentials: { username: process.env.CHALET_NAME, password: process.env.CHALET_PASSWORD },
  authMethod: 'Basic',
  defaultAccountType: kind,
});
const collections = isCards ? await client.fetchAddressBooks() : await client.fetchCalendars();
const collection = collections.find((one) => !/inbox|outbox/.test(one.url));
const ending = isCards ? '.vcf' : '.ics';

const list = () => (isCards ? client.fetchVCards({ addressBook: collection }) : client.fetchCalendarObjects({ calendar: collection }));
const make = (name, text) =>
  isCards
    ? client.createVCard({ addressBook: collection, filename: name + ending, vCardString: text })
    : client.createCalendarObject({ calendar: collection, filename: name + ending, iCalString: text });
const change = (object) => (isCards ? client.updateVCard({ vCard: object }) : client.updateCalendarObject({ calendarObject: object }));
const remove = (object) => (isCards ? client.deleteVCard({ vCard: object }) : client.deleteCalendarObject({ calendarObject: object }));
const plain = (text) => text.replace(/\r\n?/g, '\n').trim(); // tsdav drops the last line's end
const uid = (text) => /^UID:(\S+)/m.exec(plain(text))[1];
const sample = (name) =>
  isCards
    ? `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${name}\r\nFN:Name Ünï\r\nN:Ünï;Name;;;\r\nEND:VCARD\r\n`
    : `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tsdav//EN\r\nBEGIN:VEVENT\r\nUID:${name}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260601T080000Z\r\n` +
      `DTEND:20260601T090000Z\r\nSUMMARY:Name Ünï\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;

async function changesSince(token) {
  const found = await client.syncCollection({ url: collection.url, props: { 'd:getetag': {} }, syncLevel: 1, syncToken: token });
  return { found: found.filter((one) => one.href), token: found[0]?.raw?.multistatus?.syncToken };
}

async function check() {
  const checks = {};
  checks['the collections are found by the host name'] = collections.length > 0 && collection.url.includes('/dav/');
  checks['it says its name and a sync token'] = Boolean(collection.displayName && collection.syncToken);
  checks['what is made is answered with 201'] = (await make('one', sample('one'))).status === 201 && (await make('two', sample('two'))).status === 201;
  checks['what is there already is not made again'] = (await make('one', sample('one'))).status === 412;
  const objects = await list();
  const one = objects.find((object) => uid(object.data) === 'one');
  checks['what was made is listed as it was sent'] = objects.length === 2 && plain(one.data) === plain(sample('one'));
  const before = await changesSince(undefined);
  checks['all is told without a token'] = before.found.length === 2;
  const changed = await change({ ...one, data: one.data.replace('Name Ünï', 'Changed') });
  checks['a change of what it knows is taken'] = changed.status === 204;
  checks['a change of what was changed meanwhile is refused'] = (await change({ ...one, data: one.data.replace('Name Ünï', 'Late') })).status === 412;
  checks['so is its deletion'] = (await remove(one)).status === 412;
  const two = objects.find((object) => uid(object.data) === 'two');
  checks['what it knows is deleted'] = (await remove(two)).status === 204;
  const since = await changesSince(before.token);
  checks['just what changed is told'] = since.found.length === 2 && since.found.some((found) => found.status === 404);
  const [left] = await list();
  checks['the first change is what stays'] = left.data.includes('Changed');
  await remove(left);
  checks['nothing is left'] = (await list()).length === 0;
  console.log(JSON.stringify(checks));
}

async function sync() {
  const kept = existsSync(mirror) ? JSON.parse(readFileSync(mirror)) : { objects: [], syncToken: undefined };
  const wanted = JSON.parse(readFileSync(changes));
  for (const [name, text] of Object.entries(wanted.made)) await make(name, text);
  for (const object of kept.objects) {
    if (wanted.removed.includes(uid(object.data))) await remove(object);
    else if (wanted.changed[uid(object.data)]) await change({ ...object, data: object.data.replace(/Name/g, wanted.changed[uid(object.data)]) });
  }
  const synced = await client.smartCollectionSync({
    collection: { ...collection, objects: kept.objects, syncToken: kept.syncToken, objectMultiGet: isCards ? client.addressBookMultiGet : client.calendarMultiGet },
    method: 'webdav',
    account: await client.createAccount({ account: { accountType: kind, serverUrl: process.env.CHALET_URL } }),
    detailedResult: false,
  });
  const texts = Object.fromEntries(synced.objects.map((object) => [uid(object.data), plain(object.data)]));
  writeFileSync(mirror, JSON.stringify({ objects: synced.objects, syncToken: synced.syncToken, texts }));
}

await { check, sync }[action]();
