import type { Draft, DraftField, DraftService } from './draft.ts';
import type { Imported } from './importer.ts';
import type { Remark } from './ledger.ts';

export type Part = { readonly format: string; readonly files: readonly string[]; readonly imported: Imported };

export type Choice = {
  readonly used: readonly Part[];
  /** There as well, and left out. */
  readonly left: readonly Part[];
};

/**
 * Which of the files make the stack. One that says how programs run comes first; a Compose file that builds nothing holds what those
 * programs need, such as databases, so both together are the stack. One that builds is a stack by itself.
 */
export const choose = (parts: readonly Part[]): Choice => {
  const usable = parts.filter(({ imported }) => imported.draft.services.length > 0);
  const compose = usable.find(({ format }) => format === 'compose');
  const programs = usable.find(({ format }) => format !== 'compose');
  const builds = compose?.imported.draft.services.some(({ fields }) => fields.some(({ key }) => key === 'build')) ?? false;
  const used = compose === undefined ? [programs] : builds || programs === undefined ? [compose] : [compose, programs];
  const chosen = used.filter((part) => part !== undefined);
  return { used: chosen, left: parts.filter((part) => !chosen.includes(part)) };
};

/** Several drafts as one. A name that an earlier one has is told as lost in a later one. */
export const combine = (parts: readonly Part[]): Imported => {
  const services = new Map<string, DraftService>();
  const fields = new Map<string, DraftField>();
  const losses: Remark[] = [];
  const notes: Remark[] = [];
  const head: string[] = [];
  for (const { files, imported } of parts) {
    const { draft } = imported;
    const [file = ''] = files;
    head.push(...draft.head);
    losses.push(...imported.losses);
    notes.push(...imported.notes);
    const lose = (key: string, text: string): void => void losses.push({ file, line: 1, column: 1, key, text });
    for (const field of draft.fields) {
      if (!fields.has(field.key)) fields.set(field.key, field);
      else if (field.key !== 'name') lose(field.key, 'another of these files says it already');
    }
    for (const service of draft.services) {
      if (services.has(service.name)) lose(service.name, 'another of these files has a service of this name');
      else services.set(service.name, service);
    }
  }
  const draft: Draft = { head, fields: [...fields.values()], services: [...services.values()] };
  return { draft, losses, notes };
};
