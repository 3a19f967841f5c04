type CleanUp = () => void | Promise<void>;

const cleanUps: CleanUp[] = [];

/**
 * For everything that a module of this folder may leave behind: done after each test of the whole run, whoever imports the
 * module, also when the test fails in the middle. What was registered last goes first, as it stands on the others.
 */
export const afterEveryTest = (cleanUp: CleanUp): void => {
  cleanUps.unshift(cleanUp);
};

/** Mocha's own hooks, by `require` in .mocharc.json: files that run side by side each have them. */
export const mochaHooks = {
  async afterEach(this: { timeout: (ms: number) => unknown }): Promise<void> {
    // Ten thousand files take their time on a busy disk, and a hook that is late ends the whole run.
    this.timeout(120_000);
    const errors: unknown[] = [];
    for (const cleanUp of cleanUps) {
      try {
        await cleanUp();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  },
};
