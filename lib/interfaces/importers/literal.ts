/** Text that is meant as it is, as `services.yaml` writes it: a `$` that would begin a variable there is doubled. */
export const toLiteral = (text: string): string => text.replaceAll(/\$(?=[${]|$)/g, '$$$$');
