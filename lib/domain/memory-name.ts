/** How the names of the memory's files begin: the memory, its copies, drafts and locks. */
export const memoryPrefix = '.server_memory';

/** The memory of a project, in its folder, as the contract names it. */
export const memoryFileName: string = `${memoryPrefix}.json`;
