// As much SMTP as it takes to hand one message to a mail catcher on this machine.
import { connect } from 'node:net';
import { onLines } from './lines.mjs';
import { parseAddress } from './service.mjs';

/** Sends one message; rejects when the server is not there, is silent for a second, or says no. */
export const sendMail = (address, { subject, text }) =>
  new Promise((resolve, reject) => {
    const lines = [
      'HELO shop',
      'MAIL FROM:<shop@example.test>',
      'RCPT TO:<you@example.test>',
      'DATA',
      `From: shop@example.test\r\nTo: you@example.test\r\nSubject: ${subject}\r\n\r\n${text}\r\n.`,
      'QUIT',
    ];
    const socket = connect(parseAddress(address));
    const fail = (error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(1000, () => fail(new Error('the mail server is silent')));
    socket.once('error', fail);
    onLines(socket, (answer) => {
      if (/^[45]/.test(answer)) fail(new Error(`the mail server said ${answer}`));
      // "250-…" is followed by more of the same answer.
      else if (answer[3] !== '-') {
        const next = lines.shift();
        if (next !== undefined) socket.write(`${next}\r\n`);
        if (lines.length === 0) resolve();
      }
    });
  });
