// Reads the feed for as long as it is there. Without it, it ends, and is started again when the feed is back.
import { connect } from 'node:net';

const [host, port] = process.env.FEED.split(':');
const feed = connect(Number(port), host);
feed.once('connect', () => console.log(`reads from ${process.env.FEED}`));
feed.on('data', (news) => process.stdout.write(`heard: ${news}`));
feed.on('error', (error) => console.error(`the feed is gone: ${error.message}`));
feed.once('close', () => process.exit(1));
process.on('SIGTERM', () => process.exit(0));
