import type { JSX } from 'preact';
import { Icon } from './icon.tsx';

export type FilterProps = {
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly label: string;
  readonly placeholder: string;
};

export const Filter = ({ value, onInput, label, placeholder }: FilterProps): JSX.Element => (
  <label class="filter">
    <Icon name="search" />
    <input
      type="search"
      value={value}
      aria-label={label}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  </label>
);
