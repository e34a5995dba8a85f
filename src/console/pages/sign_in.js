// The password, where the gate wants one.

import { Refused, tell } from './api.js';
import { element, write } from './elements.js';
import { say } from './texts.js';

/** Asks for the password until it is right. */
export function showSignIn(main, { enter }, signal) {
  const trouble = element('p', { class: 'trouble', role: 'alert' });
  const field = element('input', { id: 'password', type: 'password', autocomplete: 'current-password', required: true, maxlength: '1024' });
  const button = element('button', { type: 'submit', class: 'main' }, say('sign_in.button'));
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    write(trouble, '');
    try {
      await tell('POST', '/api/session', { password: field.value }, signal);
      await enter();
    } catch (error) {
      if (signal.aborted) return;
      write(trouble, reason(error));
      field.value = '';
      field.focus();
    }
    button.disabled = false;
  };
  main.append(element('form', { class: 'sign-in', on: { submit: (event) => void submit(event) } },
    element('p', {}, say('sign_in.what')),
    element('label', { for: 'password' }, say('sign_in.password')), field, button, trouble));
  field.focus();
}

function reason(error) {
  if (!(error instanceof Refused)) return say('connection.lost');
  if (error.status === 401) return say('sign_in.wrong');
  return error.status === 429 ? say('sign_in.too_often') : error.message;
}
