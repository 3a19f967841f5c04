/** Calls `tell` with each line that arrives on a socket. A peer that sends 64 KiB without a line break is cut off. */
export const onLines = (socket, tell) => {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) tell(line.replace(/\r$/, ''));
    if (rest.length > 65_536) socket.destroy();
  });
};
