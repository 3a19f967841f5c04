import Mocha from 'mocha';

/** Mocha's own `spec` report, then one plain line that any CI reads: `N passed, N failed, N skipped`. */
export default class extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
  }
}
