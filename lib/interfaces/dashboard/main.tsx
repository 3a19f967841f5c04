import { render } from 'preact';
import { takeAddress, viewInAddress } from './state/address.ts';
import { app, followLoss } from './state/app.ts';
import { listenToKeys } from './state/keys.ts';
import { hearEvents } from './state/live.ts';
import { followFacts, followUsage } from './state/poll.ts';
import { readToken, signIn, takeCode } from './state/session.ts';
import { App } from './views/app.tsx';

const start = async (): Promise<void> => {
  const code = takeCode();
  const view = viewInAddress() ?? 'services';
  const problem = code === null ? null : await signIn(code);
  if (problem !== null || readToken() === null) {
    app.set({ phase: { kind: 'locked', problem } });
    return;
  }
  app.set({ view });
  void hearEvents();
  void followFacts();
  void followUsage();
};

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
followLoss();
listenToKeys();
window.addEventListener('hashchange', () => void takeAddress());
void start();
