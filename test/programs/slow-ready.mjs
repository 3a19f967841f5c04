// Opens $HOST:$PORT after DELAY milliseconds; before that nobody answers. Prints "listening on PORT".
setTimeout(() => import('./listens.mjs'), Number(process.env.DELAY ?? 500));
