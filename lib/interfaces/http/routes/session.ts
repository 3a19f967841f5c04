import { type HttpProblem, tooManyFailures } from '../problem.ts';
import { json, problem, type Route } from '../route.ts';

/** How one comes to a token. */
export const sessionRoutes: readonly Route[] = [
  {
    operation: 'session',
    method: 'POST',
    path: '/api/v1/session',
    summary: 'Swap the code of "muster dashboard" for a token',
    description:
      'The code works once, for a minute. Whoever presents it a second time gets nothing, and the token of the first is worth nothing any more.',
    body: {
      code: { type: 'text', required: true, description: 'What follows #t= in the address that "muster dashboard" prints' },
    },
    answers: 'Session',
    problems: [401, 429],
    isOpen: true,
    run: async ({ body }, { sessions }) => {
      const redeemed = sessions.redeem(body.text('code') ?? '');
      return redeemed.ok ? json({ token: redeemed.token }) : problem(problems[redeemed.why]);
    },
  },
];

const problems: Readonly<Record<'wrong' | 'used' | 'limited', HttpProblem>> = {
  wrong: {
    status: 401,
    code: 'bad-code',
    message: 'this code is not known, or is older than a minute',
    hint: 'muster dashboard',
  },
  used: {
    status: 401,
    code: 'bad-code',
    message: 'this code was used before; if that was not you, its session has ended now',
    hint: 'muster dashboard',
  },
  limited: tooManyFailures,
};
