import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUpProjects, type Project, runMuster } from '../support/cli.ts';
import { createClusterProject } from '../support/cluster-project.ts';
import { createFakeBuilders, fakeDigest, startFakeRegistry } from '../support/fake-builder.ts';
import { type FakeCluster, goesWell } from '../support/fake-cluster.ts';
import { freePort, until } from '../support/procs.ts';

const has = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;
const hasKubectl = has('kubectl', 'version', '--client');

describe('--on kubernetes: images that are built', function () {
  let project: Project;
  let fake: FakeCluster | null = null;
  let registry: Awaited<ReturnType<typeof startFakeRegistry>> | null = null;
  let builders: ReturnType<typeof createFakeBuilders>;

  const stop = async (): Promise<void> => {
    await registry?.close();
    registry = null;
    await fake?.close();
    fake = null;
  };

  /** migrate and web, both built from the same folder; db comes from elsewhere. */
  const start = async (names: readonly string[], token: string | null = null): Promise<void> => {
    await stop();
    const build = { context: 'app', args: { VERSION: '${BUILD_TOKEN}' }, target: 'run' };
    ({ fake, project } = await createClusterProject(
      { react: goesWell },
      {
        name: 'shop',
        services: {
          db: { image: 'postgres:16', port: 5432 },
          migrate: { type: 'task', build, image: 'shop/app', command: 'migrate', depends_on: ['db'] },
          web: {
            build,
            image: 'shop/app:latest',
            command: ['web', 'serve'],
            port: 8080,
            depends_on: ['migrate'],
            log: { file: 'app/web.log', split: true },
          },
        },
      },
    ));
    project.write('app/Dockerfile', 'FROM scratch AS run\n');
    project.write('app/main', 'one');
    project.write('app/.dockerignore', 'junk\n');
    builders = createFakeBuilders(project.path('..'), names);
    registry = await startFakeRegistry((image) => builders.linesOf('pushed').includes(image), token);
  };

  const muster = (...args: readonly string[]) =>
    runMuster([...args, '--on', 'kubernetes', ...(registry === null ? [] : ['--registry', registry.host])], {
      cwd: project.folder,
      env: { KUBECONFIG: project.path('kubeconfig'), PATH: builders.bin, BUILD_TOKEN: 'canary-51' },
    });

  const images = (): readonly string[] =>
    ['Deployment', 'Job']
      .flatMap((kind) => fake?.objects(kind) ?? [])
      .flatMap(({ spec }) => [...JSON.stringify(spec).matchAll(/"image":"([^"]*)"/g)].map(([, image = '']) => image));

  before(function () {
    if (!hasKubectl) this.skip();
  });

  afterEach(async () => {
    await stop();
    await cleanUpProjects();
  });

  for (const name of ['docker', 'podman', 'buildah'])
    it(`${name} builds and pushes it once, by its content, and it is applied by its digest`, async () => {
      await start([name]);
      const { code, stdout, stderr } = await muster('up');
      expect(code, stdout + stderr).to.equal(0);
      const [build = '', push = '', ...more] = builders.linesOf('calls').filter((line) => !line.startsWith('docker version'));
      expect(more).to.deep.equal([]);
      const [, tag] = /--tag (\S+:[0-9a-f]{12}) /.exec(build) ?? [];
      const folder = project.path('app');
      expect(build).to.equal(`${name} build --tag ${tag} --file ${folder}/Dockerfile --target run --build-arg VERSION ${folder}`);
      expect(tag).to.match(new RegExp(`^${registry?.host}/shop/app:`));
      expect(push).to.match(name === 'docker' ? /^docker push \S+$/ : /^\w+ push --tls-verify=false --digestfile \S+ \S+$/);
      expect(builders.linesOf('versions')).to.deep.equal(['canary-51']);
      expect(images()).to.have.members([
        'postgres:16',
        ...['migrate', 'web'].map(() => `${registry?.host}/shop/app@${fakeDigest}`),
      ]);
      expect(stdout)
        .to.include(`migrate builds ${tag} with ${name}`)
        .and.match(/migrate built and pushed \(/);
      expect(stdout + stderr + build + push).not.to.include('canary-51');
    });

  it('nothing is built when the registry has it already; a file that counts is another, one that is left out is not', async () => {
    await start(['podman'], 'pull-me');
    await muster('up');
    expect(registry?.asked.slice(-1)).to.deep.equal(['Bearer pull-me']);
    const before = builders.linesOf('calls').length;
    // Junk is left out by the file, and what a boot on this machine writes is muster's own.
    for (const file of ['junk/cache', 'web.log', 'web.err.log', 'web.err.log.1']) project.write(`app/${file}`, 'x');
    expect((await muster('up')).code).to.equal(0);
    expect(builders.linesOf('calls')).to.have.lengthOf(before);
    project.write('app/main', 'two');
    expect((await muster('up')).code).to.equal(0);
    expect(builders.linesOf('calls')).to.have.lengthOf(before + 2);
    // A task by its image is another one, and status finds the one that there is.
    project.write('app/main', 'three');
    const env = { KUBECONFIG: project.path('kubeconfig'), PATH: builders.bin, BUILD_TOKEN: 'canary-51' };
    expect((await runMuster(['status', '--on', 'kubernetes'], { cwd: project.folder, env })).stdout).to.match(
      /^✓ +migrate +completed/m,
    );
  });

  it('a build that fails is told in one sentence with what the builder said last, and nothing is applied', async () => {
    await start(['buildah']);
    project.write('../fails', 'build\n');
    const { code, stderr } = await muster('up');
    expect(code).to.equal(1);
    expect(stderr).to.include('muster up: migrate: its image was not built: buildah exited with code 17');
    expect(stderr).to.include('  │ step 1 of 2\n  │ ERROR: no space left on device\n');
    project.write('../fails', 'push\n');
    expect((await muster('up')).stderr).to.include('its image was not pushed: buildah exited with code 17');
    expect(fake?.asked).to.deep.equal([]);
  });

  it('a docker without its daemon is passed over; without any builder that is said', async () => {
    await start(['docker', 'buildah']);
    project.write('../fails', 'version\n');
    const { code, stdout, stderr } = await muster('up');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/with buildah$/m);
    await start(['docker']);
    project.write('../fails', 'version\n');
    const alone = await muster('up');
    expect(alone.code).to.equal(2);
    expect(alone.stderr).to.include('its daemon does not answer: ERROR: no space left on device');
    await start([]);
    expect((await muster('up')).stderr).to.include('none of docker, podman, buildah is in PATH');
  });

  it('without a Dockerfile a draft is written and it stops; check says so before, and nothing is guessed', async () => {
    await start(['podman']);
    project.write('services.yaml', JSON.stringify({ services: { api: { build: 'api', command: 'node api.js', port: 3000 } } }));
    project.write('api/package.json', '{}');
    const checked = await muster('check');
    expect(checked.code).to.equal(2);
    expect(checked.stdout).to.include('error: api: api/Dockerfile is not there');
    expect(existsSync(project.path('api/Dockerfile'))).to.equal(false);
    const { code, stderr } = await muster('up');
    expect(code).to.equal(2);
    expect(stderr).to.match(/^muster up: api: api\/Dockerfile was not there; .* look through them, then run this again$/m);
    expect(readFileSync(project.path('api/Dockerfile'), 'utf8')).to.match(
      /^# DECIDE: [^]*^FROM node:[^]*^CMD \["node", "api.js"\]$/m,
    );
    expect(readFileSync(project.path('api/.dockerignore'), 'utf8')).to.include('.env\n');
    expect(builders.linesOf('calls')).to.deep.equal([]);
    expect((await muster('up')).code).to.equal(0);
  });

  it('without a registry it is said what to write', async () => {
    await start(['podman']);
    const services = { a: { build: 'app', command: 'a' }, b: { build: 'app', image: 'b', command: 'b' } };
    project.write('services.yaml', JSON.stringify({ services }));
    await registry?.close();
    registry = null;
    const { code, stderr } = await muster('up');
    expect(code).to.equal(2);
    expect(stderr)
      .to.include('a: it has "build" and no "image"')
      .and.include('b: "image: b" names no registry that what is built could be pushed to: write REGISTRY/b, or give --registry');
  });

  it('for real: buildah builds it, a registry of Debian takes it, and it is found there again', async function () {
    if (!has('docker-registry', '--version') || process.getuid?.() !== 0) this.skip();
    await start([]);
    if (!canBuild(project.path('probe'))) this.skip();
    const port = await freePort();
    project.write(
      'registry.yaml',
      JSON.stringify({
        version: '0.1',
        storage: { filesystem: { rootdirectory: project.path('images') } },
        http: { addr: `127.0.0.1:${port}` },
      }),
    );
    project.write('app/Dockerfile', 'FROM scratch AS run\nARG VERSION\nCOPY main /main\nLABEL version=one\n');
    const server = spawn('docker-registry', ['serve', project.path('registry.yaml')], { stdio: 'ignore' });
    try {
      await untilAnswered(`http://127.0.0.1:${port}/v2/`);
      const env = {
        KUBECONFIG: project.path('kubeconfig'),
        MUSTER_REGISTRY: `127.0.0.1:${port}`,
        BUILD_TOKEN: 'one',
        HOME: project.path('home'),
        STORAGE_DRIVER: 'vfs',
        BUILDAH_ISOLATION: 'chroot',
        CONTAINERS_STORAGE_CONF: project.path('storage.conf'),
      };
      project.write(
        'storage.conf',
        `[storage]\ndriver="vfs"\nrunroot="${project.path('store/run')}"\ngraphroot="${project.path('store/graph')}"\n`,
      );
      const up = () =>
        runMuster(['up', '--on', 'kubernetes'], {
          cwd: project.folder,
          env: { ...env, PATH: `${builders.bin}:${buildahFolder()}` },
        });
      const first = await up();
      expect(first.code, first.stdout + first.stderr).to.equal(0);
      expect(first.stdout).to.match(/with buildah$/m);
      const [image = ''] = images().filter((each) => each.includes('/shop/app@'));
      const [, digest = ''] = image.split('@');
      const stored = await fetch(`http://127.0.0.1:${port}/v2/shop/app/manifests/${digest}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      expect(stored.status).to.equal(200);
      const second = await up();
      expect(second.code, second.stderr).to.equal(0);
      expect(second.stdout).not.to.include('builds');
      expect(images().filter((each) => each.includes('/shop/app@'))).to.deep.equal([image, image]);
    } finally {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
    }
  });
});

/** Whether buildah is here, and may make images: not in every container. */
const canBuild = (folder: string): boolean => {
  const store = ['--root', `${folder}/graph`, '--runroot', `${folder}/run`, '--storage-driver', 'vfs'];
  return has('buildah', ...store, 'from', '--name', 'probe', 'scratch') && has('buildah', ...store, 'commit', 'probe', 'probe');
};

const buildahFolder = (): string =>
  spawnSync('/bin/sh', ['-c', 'command -v buildah'], { encoding: 'utf8' })
    .stdout.trim()
    .replace(/\/buildah$/, '');

const untilAnswered = (url: string): Promise<void> =>
  until(`${url} answers`, () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
