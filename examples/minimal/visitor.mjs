const visit = async () => {
  const answer = await fetch(process.env.GREETER);
  console.log(`the greeter said: ${(await answer.text()).trim()}`);
};

await visit();
setInterval(() => visit().catch((error) => console.log(`nobody there: ${error.cause?.code ?? error.message}`)), 5000);
