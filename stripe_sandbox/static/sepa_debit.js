// @ts-check
/** @import {Method} from './surface' */

/** How long an IBAN is, for each country whose accounts SEPA Direct Debit reaches. */
const LENGTHS = new Map(
  `AD24 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 IE22
   IS26 IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SE24 SI19 SK24 SM27 VA22`
    .split(/\s+/)
    .map((each) => [each.slice(0, 2), Number(each.slice(2))]),
);

/**
 * A SEPA Direct Debit: an account, and the name and address of who allows to debit it.
 * @type {Method}
 */
export const sepaDebit = {
  problem(field, values) {
    if (field === 'iban') return ibanProblem(compact(values.iban));
    if (field === 'name') return values.name?.trim() ? null : 'incomplete_name';
    return /^[^@\s]+@[^@\s]+$/.test(values.email?.trim() ?? '') ? null : 'incomplete_email';
  },

  written: {
    iban: (value) => compact(value).slice(0, 34).replace(/(.{4})(?=.)/g, '$1 '),
  },

  parameters: (values) => ({iban: compact(values.iban)}),
};

/** @param {string} iban */
function ibanProblem(iban) {
  if (iban.length < 2) return 'incomplete_iban';
  const length = LENGTHS.get(iban.slice(0, 2));
  if (!length) return /^[A-Z]{2}/.test(iban) ? 'invalid_iban_country_code' : 'invalid_iban';
  if (iban.length < length) return 'incomplete_iban';
  return iban.length === length && remainder(iban) === 1 ? null : 'invalid_iban';
}

/** The check of ISO 13616: moved round, letters as numbers, modulo 97. @param {string} iban */
function remainder(iban) {
  const moved = iban.slice(4) + iban.slice(0, 4);
  const numbers = moved.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return [...numbers].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0);
}

/** @param {string | undefined} text */
function compact(text) {
  return (text ?? '').normalize('NFKC').replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}
