// @ts-check
/** @import {Method} from './surface' */

/**
 * What a card looks like: how its fields are written, and what is wrong with them. Knows no page.
 * @type {Method}
 */
export const card = {
  problem(field, values, today) {
    if (field === 'number') return numberProblem(digits(values.number));
    if (field === 'expiry') return expiryProblem(digits(values.expiry), today);
    return digits(values.cvc).length < cvcLength(values.number) ? 'incomplete_cvc' : null;
  },

  written: {
    number: (value) => {
      const all = digits(value).slice(0, numberLength(value));
      const groups = isAmex(all) ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/ : /^(\d{1,4})(\d{1,4})?(\d{1,4})?(\d{1,4})?/;
      return (groups.exec(all) ?? []).slice(1).filter(Boolean).join(' ');
    },
    expiry: (value) => {
      const twoDigits = value.replace(/^\s*(?=[2-9]|1\s*\/)/, '0').replace(/\/\s*20(?=\d\d)/, '/');
      const all = digits(twoDigits).slice(0, 4);
      return all.length > 2 ? `${all.slice(0, 2)} / ${all.slice(2)}` : all;
    },
    cvc: (value, values) => digits(value).slice(0, cvcLength(values.number)),
  },

  parameters(values) {
    const expiry = digits(values.expiry);
    return {
      number: digits(values.number),
      exp_month: String(Number(expiry.slice(0, 2))),
      exp_year: `20${expiry.slice(2)}`,
      cvc: digits(values.cvc),
    };
  },
};

/** @param {string} number */
function numberProblem(number) {
  if (number.length < numberLength(number)) return 'incomplete_number';
  return isLuhnValid(number) ? null : 'invalid_number';
}

/** @param {string} expiry @param {Date} today */
function expiryProblem(expiry, today) {
  if (expiry.length < 4) return 'incomplete_expiry';
  const month = Number(expiry.slice(0, 2));
  const year = 2000 + Number(expiry.slice(2));
  if (month < 1 || month > 12) return 'invalid_expiry_month';
  if (year < today.getFullYear()) return 'invalid_expiry_year_past';
  const isPast = year === today.getFullYear() && month < today.getMonth() + 1;
  return isPast ? 'invalid_expiry_month_past' : null;
}

/** @param {string} number */
function isLuhnValid(number) {
  const sum = [...number].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** @param {string | undefined} text */
function digits(text) {
  return (text ?? '').normalize('NFKC').replace(/\D/g, '');
}

/** @param {string | undefined} number */
function isAmex(number) {
  return /^3[47]/.test(digits(number));
}

/** @param {string | undefined} number */
function numberLength(number) {
  return isAmex(number) ? 15 : 16;
}

/** @param {string | undefined} number */
function cvcLength(number) {
  return isAmex(number) ? 4 : 3;
}
