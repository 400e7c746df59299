//! The children of a factory's rows: those of the factory, with what the place that uses it changes of them, and those that it adds.

use std::ops::Range;

use super::{Family, Planner, Site, Whose, same, stream_of};
use crate::error::{Error, Result, SourceText};
use crate::schema::Name;
use crate::seed::counts::{Counts, Drawn};
use crate::seed::factory::{Factory, Has};
use crate::seed::formula::{Formula, Place, Scope};
use crate::seed::input::{Count, Word};
use crate::seed::shape::Layer;

impl Planner<'_> {
    pub(super) fn children(&mut self, site: &Site<'_>, index: usize, count: u64, has: &[Has]) -> Result<()> {
        let factory = site.factory;
        let changes = |name: &str| has.iter().find(|change| same(&change.name.text, name));
        let own = factory.has.iter().map(|own| (own, changes(&own.name.text)));
        let added = has
            .iter()
            .filter(|change| !factory.has.iter().any(|own| same(&own.name.text, &change.name.text)))
            .map(|added| (added, None));
        for (is_own, (base, change)) in own.map(|pair| (true, pair)).chain(added.map(|pair| (false, pair))) {
            let base_source = if is_own { &factory.source } else { site.source };
            let (class, class_source) = match (change.and_then(|change| change.factory.as_ref()), &base.factory) {
                (Some(word), _) => (word, site.source),
                (None, Some(word)) => (word, base_source),
                (None, None) => {
                    let message = format!("{} has no children {}", factory.class, base.name.text);
                    return Err(Error::failed("seed.missing-key", message)
                        .with_help("say of which factory: factory = \"PostFactory\"")
                        .at(base_source, base.span.clone(), "no factory"));
                }
            };
            let child = self.factory(class, class_source)?;
            let via = change.and_then(|change| change.via.as_ref()).or(base.via.as_ref());
            let via_source = if change.is_some_and(|change| change.via.is_some()) { site.source } else { base_source };
            let (via, to) = self.via(factory, child, via, base, via_source)?;
            let (count_of, count_source) = match change.and_then(|change| change.count.as_ref()) {
                Some(count) => (Some(count), site.source),
                None => (base.count.as_ref(), base_source),
            };
            let path = format!("{}/{}", site.path, base.name.text);
            let counts = self.counts(count_of, count_source, child, count, &path)?;
            let total = counts.total();
            // What the change gives is put over what the factory gives, column by column; to another factory nothing of that applies.
            let kept = Some(base).filter(|_| change.is_none_or(|change| change.factory.is_none()));
            let states = match change.and_then(|change| change.states.as_deref()) {
                Some(states) => (site.source, states),
                None => (base_source, kept.and_then(|base| base.states.as_deref()).unwrap_or_default()),
            };
            let mut with: Vec<Layer<'_>> = kept.map(|base| (base_source, base.with.as_slice())).into_iter().collect();
            with.extend(change.map(|change| (site.source, change.with.as_slice())));
            let below = Site {
                factory: child,
                source: if change.is_some() { site.source } else { base_source },
                span: change.unwrap_or(base).span.clone(),
                states,
                with,
                key: Vec::new(),
                path,
                depth: site.depth + 1,
            };
            let family = Family { parents: index, counts };
            self.expand(&below, total, Whose::Children { family, via, to }, &[], &[])?;
        }
        Ok(())
    }

    fn counts(
        &self,
        count: Option<&Count>,
        source: &SourceText,
        child: &Factory,
        parents: u64,
        path: &str,
    ) -> Result<Counts> {
        let text = match count {
            None => return Ok(Counts::fixed(parents, 1)),
            Some(Count::Fixed(each)) => return Ok(Counts::fixed(parents, *each)),
            Some(Count::Formula(text)) => text,
        };
        let at = |error: Error, span: Range<usize>| error.at(source, text.place(span), "");
        let scope = Scope { fields: &[], locale: child.locale, place: Place::Factory };
        let formula = Formula::parse(&text.text, &scope).map_err(|error| {
            let span = error.span.clone();
            at(error.into_error(), span)
        })?;
        let drawn = Drawn::new(formula, stream_of(self.seed, path).child("count"), self.seed, self.now);
        Counts::drawn(parents, drawn, self.outside).map_err(|error| at(error, 0..text.text.len()))
    }

    /// The children's column that points at the parent, and what it points at.
    fn via(
        &self,
        parent: &Factory,
        child: &Factory,
        via: Option<&Word>,
        has: &Has,
        source: &SourceText,
    ) -> Result<(Name, Option<Name>)> {
        let parent_name = Name::exact(&parent.table.text);
        let known = self.tables.resolve(&child.table, &child.source)?;
        match (known, via) {
            (Some(table), Some(via)) => {
                let column = self.tables.column(table, via, source)?.name.clone();
                let to =
                    self.tables.parent_of(table, &column).map(|(_, to)| to).or_else(|| self.only_key(&parent.table));
                Ok((column, to))
            }
            (None, Some(via)) => Ok((Name::exact(&via.text), None)),
            (Some(table), None) if self.tables.only_column_to(table, &parent_name).is_some() => {
                let (from, to) =
                    self.tables.only_column_to(table, &parent_name).unwrap_or((parent_name.clone(), parent_name));
                Ok((from, Some(to)))
            }
            _ => {
                let message =
                    format!("which column of {} points at {} is not known", child.table.text, parent.table.text);
                Err(Error::failed("seed.missing-key", message).with_help("say so: via = \"author_id\"").at(
                    source,
                    has.span.clone(),
                    "no `via`",
                ))
            }
        }
    }
}
