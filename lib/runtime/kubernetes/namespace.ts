import { toProblem } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { Answer, Call } from './http.ts';

type Ask = (call: Call) => Promise<Answer | string>;

/** What a cluster says of the namespace itself. */
export const createNamespaceClient = (
  namespace: string,
  ask: Ask,
): Pick<Cluster, 'namespaceState' | 'createNamespace' | 'hasServiceAccount'> => {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  return {
    namespaceState: async () => {
      const answer = await ask({ method: 'GET', path });
      if (typeof answer === 'string') return 'unknown';
      if (answer.status === 404) return 'absent';
      if (answer.status !== 200) return 'unknown';
      return /"phase"\s*:\s*"Terminating"/.test(answer.text) ? 'terminating' : 'active';
    },
    createNamespace: async () => {
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const contentType = 'application/apply-patch+yaml';
      const answer = await ask({ method: 'PATCH', path: `${path}?fieldManager=muster`, body, contentType });
      if (typeof answer === 'string') return answer;
      return answer.status < 300 ? null : toProblem(answer);
    },
    hasServiceAccount: async () => {
      const answer = await ask({ method: 'GET', path: `${path}/serviceaccounts/default` });
      if (typeof answer === 'string') return null;
      return answer.status === 200 ? true : answer.status === 404 ? false : null;
    },
  };
};
