import { render } from 'preact';
import { app, followLoss, show, views } from './state/app.ts';
import { listenToKeys } from './state/keys.ts';
import { hearEvents } from './state/live.ts';
import { followFacts, followUsage } from './state/poll.ts';
import { readToken, signIn, takeCode } from './state/session.ts';
import { App } from './views/app.tsx';

const start = async (): Promise<void> => {
  const code = takeCode();
  const asked = views.find((view) => location.hash === `#/${view}`);
  const problem = code === null ? null : await signIn(code);
  if (problem !== null || readToken() === null) {
    app.set({ phase: { kind: 'locked', problem } });
    return;
  }
  if (asked !== undefined) show(asked);
  void hearEvents();
  void followFacts();
  void followUsage();
};

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
followLoss();
listenToKeys();
void start();
