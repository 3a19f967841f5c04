import path from 'node:path';
import type { FileReader } from './importer.ts';

/** What describes a project's services, by the names that people give such files; the first of each kind that is there counts. */
const places: readonly { readonly format: string; readonly names: readonly string[]; readonly over: readonly string[] }[] = [
  {
    format: 'compose',
    names: ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'],
    over: ['compose.override.yaml', 'compose.override.yml', 'docker-compose.override.yaml', 'docker-compose.override.yml'],
  },
  {
    format: 'process-compose',
    names: ['process-compose.yaml', 'process-compose.yml'],
    over: ['process-compose.override.yaml', 'process-compose.override.yml'],
  },
  {
    format: 'pm2',
    names: ['js', 'cjs', 'mjs', 'json', 'yaml', 'yml']
      .map((ending) => `ecosystem.config.${ending}`)
      .concat('ecosystem.json', 'pm2.json'),
    over: [],
  },
  { format: 'procfile', names: ['Procfile.dev', 'Procfile'], over: [] },
  { format: 'package.json', names: ['package.json'], over: [] },
  { format: 'vscode', names: [path.join('.vscode', 'tasks.json')], over: [] },
];

export type Finding = { readonly format: string; readonly files: readonly string[] };

/** The files of other tools in a folder, with those that are always laid over them. */
export const findSources = (folder: string, { kindOf }: Pick<FileReader, 'kindOf'>): readonly Finding[] => {
  const isThere = (name: string): boolean => kindOf(path.join(folder, name)) === 'file';
  return places.flatMap(({ format, names, over }): readonly Finding[] => {
    const name = names.find(isThere);
    const above = over.find(isThere);
    return name === undefined ? [] : [{ format, files: [name, ...(above === undefined ? [] : [above])] }];
  });
};

/** A program of this kind is started like this, when nobody says how. */
export const kits: readonly { readonly file: string; readonly command: string; readonly port: number }[] = [
  { file: 'manage.py', command: 'python manage.py runserver 127.0.0.1:${app.port}', port: 8000 },
  { file: 'go.mod', command: 'go run .', port: 8080 },
  { file: 'Cargo.toml', command: 'cargo run', port: 8080 },
  { file: 'config.ru', command: 'bundle exec rackup -p ${app.port}', port: 9292 },
  { file: 'mix.exs', command: 'mix phx.server', port: 4000 },
  { file: 'mvnw', command: './mvnw spring-boot:run', port: 8080 },
  { file: 'gradlew', command: './gradlew bootRun', port: 8080 },
  { file: 'artisan', command: 'php artisan serve --port=${app.port}', port: 8000 },
  { file: 'pyproject.toml', command: 'python -m app', port: 8000 },
];

export const findKit = (folder: string, { kindOf }: FileReader): (typeof kits)[number] | null =>
  kits.find(({ file }) => kindOf(path.join(folder, file)) === 'file') ?? null;
