import { toServiceData } from '../../control/status-data.ts';
import type { ActionResult, Refusal } from '../../control.ts';
import type { HttpProblem } from '../problem.ts';
import { type Answer, json, problem } from '../route.ts';
import { unknownService } from './find-service.ts';

/** What became of something that was asked for: the services that it was about as they are now, or why nothing was done. */
export const toAnswer = (result: ActionResult): Answer => {
  if (!result.ok) return problem(toProblem(result.refusal));
  const { names, snapshot } = result;
  return json({ names, services: snapshot.services.filter(({ name }) => names.includes(name)).map(toServiceData) });
};

const toProblem = (refusal: Refusal): HttpProblem => {
  switch (refusal.kind) {
    case 'unknown-service':
      return unknownService(refusal.name, refusal.suggestion);
    case 'needed': {
      const names = refusal.neededBy.map(({ name }) => name);
      return {
        status: 409,
        code: 'needed',
        message: `${names.join(', ')} ${names.length === 1 ? 'needs' : 'need'} it`,
        hint: 'send "withDependents": true to stop these first, or "force": true to stop only it',
        details: { neededBy: refusal.neededBy },
      };
    }
    case 'stopping':
      return { status: 409, code: 'stopping', message: 'the whole stack is going down', hint: null };
    case 'unreadable':
      return { status: 409, code: 'unreadable', message: refusal.reason, hint: 'muster check' };
  }
};
