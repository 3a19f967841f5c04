import type { AddressInfo } from 'node:net';
import { createProject, type Project } from './cli.ts';
import { createFakeCluster, type FakeCluster, type FakeOptions } from './fake-cluster.ts';

/** A project, and an API of a cluster that kubectl finds by the `kubeconfig` in it. */
export const createClusterProject = async (
  options: FakeOptions,
  content: unknown,
): Promise<{ readonly fake: FakeCluster; readonly project: Project }> => {
  const fake = createFakeCluster(options);
  await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
  const { port } = fake.server.address() as AddressInfo;
  const project = createProject({
    'services.yaml': JSON.stringify(content),
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
      'current-context': 'x',
    }),
  });
  return { fake, project };
};
