// Exits with CODE (default 0) after AFTER milliseconds (default 0); SIGNAL=SIGSEGV dies of that instead. Prints "running".
console.log('running');
setTimeout(
  () => {
    if (process.env.SIGNAL === undefined) process.exit(Number(process.env.CODE ?? 0));
    process.kill(process.pid, process.env.SIGNAL);
  },
  Number(process.env.AFTER ?? 0),
);
