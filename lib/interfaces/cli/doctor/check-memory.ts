import { join } from 'node:path';
import { memoryFileName as fileName } from '../../../domain/memory-name.ts';
import { ownUid } from '../../../runtime/identity.ts';
import { hashMachineId } from '../../../runtime/memory-file/machine.ts';
import { type Found, lookAt } from '../../../runtime/memory-file/place.ts';
import type { Check, Finding } from './finding.ts';

/** The memory: readable, ours, of here. Only looked at: what is damaged is set aside by the next boot, not by us. */
export const checkMemory: Check = async ({ root }) => {
  const uid = ownUid() === -1 ? null : ownUid();
  const found = await lookAt(join(root, fileName), uid);
  return toFindings(found, { root, uid });
};

type Where = { readonly root: string; readonly uid: number | null };

const toFindings = (found: Found, where: Where): readonly Finding[] => {
  switch (found.kind) {
    case 'absent':
      return [];
    case 'conflict': {
      const text = `${fileName} holds both sides of a git merge: the next boot puts their histories together`;
      return [{ code: 'memory-conflict', severity: 'note', text, mend: null }];
    }
    case 'newer': {
      const text = `${fileName} was written by a newer muster (version ${found.version}): nothing is remembered`;
      return [{ code: 'memory-newer', severity: 'warning', text, mend: 'upgrade muster' }];
    }
    case 'damaged': {
      const text = `${fileName} ${found.what}: the next boot sets it aside and uses its previous copy`;
      return [{ code: 'memory-damaged', severity: 'warning', text, mend: null }];
    }
    case 'closed': {
      const text = `${fileName} belongs to another user and cannot be read: nothing is remembered`;
      return [{ code: 'memory-closed', severity: 'warning', text, mend: `sudo chown $(id -u) ${fileName}` }];
    }
    case 'read':
      return toForeign(found, where);
  }
};

const toForeign = (found: Extract<Found, { kind: 'read' }>, { root, uid }: Where): readonly Finding[] => {
  const findings: Finding[] = [];
  const { project } = found.decoded;
  const isForeign =
    project === null || project.machine !== hashMachineId() || project.root !== root || (uid !== null && project.uid !== uid);
  if (isForeign) {
    const whose = project === null || project.root === root ? 'of another machine or user' : `written for ${project.root}`;
    const text = `${fileName} is ${whose}: its times are used, and nothing that ran according to it is touched`;
    findings.push({ code: 'memory-foreign', severity: 'note', text, mend: `rm ${fileName}` });
  }
  if (uid !== null && found.owner !== uid) {
    const text = `${fileName} belongs to another user (uid ${found.owner}): nothing new is remembered`;
    findings.push({ code: 'memory-owner', severity: 'warning', text, mend: `sudo chown $(id -u) ${fileName}` });
  } else if (!found.isPrivate) {
    const text = `others can write into ${fileName}, so what ran according to it is not believed`;
    findings.push({ code: 'memory-open', severity: 'warning', text, mend: `chmod 600 ${fileName}` });
  }
  const future = found.decoded.memory.history.runs.some(({ startedAt }) => startedAt > Date.now() + 60_000);
  if (future) {
    const text = 'a boot is remembered that lies in the future: the clock of this machine was set back';
    findings.push({ code: 'clock', severity: 'note', text, mend: 'date' });
  }
  return findings;
};
