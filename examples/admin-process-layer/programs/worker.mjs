// Has no port: it says that it works, and goes on until it is told to end.
console.log('working');
setInterval(() => undefined, 60_000);
