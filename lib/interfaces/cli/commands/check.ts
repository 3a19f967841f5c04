import { type Diagnostic, hasErrors } from '../../../domain/diagnostic.ts';
import { type CommandContext, findForeign } from '../context.ts';
import { bySeverity, renderDiagnostics } from '../render/diagnostics.ts';
import { createTheme } from '../render/theme.ts';

export const run = async (context: CommandContext): Promise<number> => {
  const { args, stdout, judge } = context;
  if (args.text('on') !== null) return await (await import('../cluster/check.ts')).checkForCluster(context);
  const { services, diagnostics } = await judge({ allProfiles: args.flag('all-profiles') });
  const warnings = count(diagnostics, 'warning');
  const ok = services !== null && !hasErrors(diagnostics) && !(args.flag('strict') && warnings > 0);
  if (args.flag('json')) {
    stdout.line(JSON.stringify({ ok, services, diagnostics: bySeverity(diagnostics) }, null, 2));
  } else {
    stdout.lines(renderDiagnostics(diagnostics, stdout));
    const errors = count(diagnostics, 'error');
    const summary = [
      services === null ? null : plural(services, 'service'),
      plural(errors, 'error'),
      plural(warnings, 'warning'),
    ];
    const style = ok ? (warnings > 0 ? 'warn' : 'good') : 'bad';
    stdout.line(createTheme(stdout).paint(style, summary.filter((part) => part !== null).join(', ')));
    const foreign = errors === 0 ? null : await findForeign(context);
    if (foreign !== null) context.stderr.line(foreign);
  }
  return ok ? 0 : 2;
};

const count = (diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number =>
  diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;

const plural = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;
