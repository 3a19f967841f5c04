import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { toFaultTable } from './fault-table.mjs';

/**
 * Mocha's own `spec` report, then one plain line that any CI reads: `N passed, N failed, N skipped`. With MUSTER_FAULTS=FILE it
 * writes there which fault of the catalogue was proven by which test.
 */
export default class extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.tests = [];
    for (const [event, state] of [
      ['pass', 'passed'],
      ['fail', 'failed'],
      ['pending', 'skipped'],
    ])
      runner.on(event, (test) => this.tests.push({ title: test.fullTitle(), file: test.file ?? '', state }));
  }

  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const file = process.env.MUSTER_FAULTS;
    if (file) writeFileSync(file, toFaultTable(this.tests));
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
  }
}
