// The sources themselves, for benchmarks of what is decided in pure code. By computed paths: with imports that a checker can follow,
// it would take every script here for a typed part of the program.
import { register } from 'tsx/esm/api';

register();

/** A module by its path from the top of the repository. */
export const load = (file) => import(new URL(`../${file}`, import.meta.url).href);
