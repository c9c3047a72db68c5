'use strict';

const element = id => document.getElementById(id);
const tenant = location.hostname.split('.')[0];
const lastReading = new Map();
let lookups = 0;
let hits = 0;

async function call(method, path) {
  const response = await fetch(path, {method});
  if (!response.ok) {
    throw response;
  }
  return response.status === 204 ? null : response.json();
}

/** Runs what a click asks for, and says what became of it. */
async function attempt(done, action) {
  say('', false);
  try {
    await action();
    say(done, false);
  } catch (failure) {
    if (!(failure instanceof Response)) {
      throw failure;
    }
    say(reason(failure.status), true);
  }
}

function reason(status) {
  switch (status) {
    case 401: return 'Begin a session first.';
    case 403: return 'This tenant may not do that (403).';
    case 429: return 'This tenant is over its rate limit (429). The other one is not.';
    default: return `That did not work (${status}).`;
  }
}

function say(text, failed) {
  element('status').textContent = text;
  element('status').classList.toggle('failed', failed);
}

function button(text, label, action) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', action);
  return made;
}

function cell(...content) {
  const made = document.createElement('td');
  made.append(...content);
  return made;
}

const money = cents => (cents / 100).toFixed(2);

async function showProducts() {
  const prices = await call('GET', '/products');
  element('products').replaceChildren(...Object.entries(prices).map(([sku, cents]) => row(sku, cents)));
}

function row(sku, cents) {
  const price = cell(money(cents));
  const source = cell('–');
  const lookUp = async () => {
    const product = await call('GET', `/products/${encodeURIComponent(sku)}`);
    const hit = lastReading.get(sku) === product.reading;
    lastReading.set(sku, product.reading);
    lookups++;
    hits += hit ? 1 : 0;
    price.textContent = money(product.cents);
    source.textContent = hit ? `cache (reading ${product.reading})` : `catalog (reading ${product.reading})`;
    element('lookups').textContent = lookups;
    element('hits').textContent = hits;
    return product;
  };
  const raise = async () => {
    const product = await lookUp();
    await call('PUT', `/products/${encodeURIComponent(sku)}?cents=${product.cents + 10}`);
    price.textContent = money(product.cents + 10);
    source.textContent = 'cache emptied';
  };
  const made = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = sku;
  made.append(head, price, source, cell(
      button('Look up', `Look up ${sku}`, () => attempt(`${sku} looked up.`, lookUp)), ' ',
      button('+ 0.10', `Raise the price of ${sku}`, () => attempt(`${sku} costs more now.`, raise)), ' ',
      button('Add', `Add ${sku} to the cart`, () => attempt(`${sku} added.`, () => add(sku)))));
  return made;
}

async function add(sku) {
  const cart = await call('GET', '/cart');
  showCart(await put(sku, (cart.items[sku] ?? 0) + 1));
}

const put = (sku, quantity) => call('PUT', `/cart/${encodeURIComponent(sku)}?quantity=${quantity}`);

function showCart(cart) {
  const items = Object.entries(cart.items);
  element('cart').replaceChildren(...items.map(([sku, quantity]) => {
    const item = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = `${quantity} × ${sku}`;
    item.append(name, button('Remove', `Remove ${sku} from the cart`,
        () => attempt(`${sku} removed.`, async () => showCart(await put(sku, 0)))));
    return item;
  }));
  element('cart-empty').textContent = `The cart of ${cart.customer} is empty.`;
  element('cart-empty').hidden = items.length > 0;
}

function showEvent(text) {
  const item = document.createElement('li');
  item.textContent = text;
  element('events').prepend(item);
  while (element('events').childElementCount > 50) {
    element('events').lastElementChild.remove();
  }
}

function listen() {
  const events = new EventSource('/events');
  const live = text => element('live').textContent = text;
  events.onopen = () => live('live');
  events.onerror = () => live('connecting');
  events.onmessage = message => {
    const change = JSON.parse(message.data);
    showEvent(change.quantity === 0
        ? `${change.customer} removed ${change.sku}`
        : `${change.customer} has ${change.quantity} × ${change.sku}`);
  };
  events.addEventListener('gap', () => showEvent('Events may be missing here.'));
}

async function burst() {
  const [sku] = Object.keys(await call('GET', '/products'));
  const answers = {served: 0, refused: 0};
  const requests = Array.from({length: 500}, async () => {
    const response = await fetch(`/products/${encodeURIComponent(sku)}`);
    answers[response.status === 429 ? 'refused' : 'served']++;
  });
  await Promise.all(requests);
  element('served').textContent = answers.served;
  element('refused').textContent = answers.refused;
  element('served-share').value = answers.served / 500;
}

document.title = `${tenant}: shop`;
document.body.dataset.tenant = tenant;
element('tenant').textContent = tenant;
element('session').addEventListener('submit', event => {
  event.preventDefault();
  const customer = element('customer').value;
  attempt(`${customer} has a session.`, async () => {
    await call('POST', `/session?customer=${encodeURIComponent(customer)}`);
    showCart(await call('GET', '/cart'));
  });
});
element('burst').addEventListener('click', () => attempt('All 500 requests were answered.', burst));
listen();
attempt('Welcome.', showProducts);
