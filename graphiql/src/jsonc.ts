// What prettier needs to put JSON with comments into shape: a parser that reads nothing and a printer that formats text.
import { applyEdits, format } from 'jsonc-parser';

interface Kept {
  text: string;
}

const OPTIONS = { insertSpaces: true, tabSize: 2, eol: '\n', keepLines: false };

export const parsers = {
  jsonc: {
    astFormat: 'kept',
    parse: (text: string): Kept => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }: Kept) => text.length,
  },
};

export const printers = {
  kept: {
    print: ({ node: { text } }: { node: Kept }) => `${applyEdits(text, format(text, undefined, OPTIONS)).trim()}\n`,
  },
};
