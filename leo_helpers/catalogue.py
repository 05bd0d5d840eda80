"""temporary"""
from __future__ import annotations
import csv
from dataclasses import dataclass
from functools import lru_cache
from .paths import data_dir
from .years import parse_ranges, parse_terms

@dataclass(frozen=True)
class View:
    database: str; name: str; table_id: str; year: int|None; term: str|None; years: tuple; status: str
@dataclass(frozen=True)
class ViewColumn:
    column: str; variable: object; n: int
@dataclass(frozen=True)
class Code:
    codelist: str; code: str; label: str; first_year: int|None; last_year: int|None
@dataclass(frozen=True)
class Variable:
    table_id: str; name: str; label: str; type: str; codelist: str; range: str; years: tuple; terms_text: str; column_pattern: str; columns_by_year: str; repeats: int; missing_as: str; hidden: str
    def exists(self, year, term=None):
        if self.terms_text and term:
            return year in parse_terms(self.terms_text).get(term.upper(), ())
        return year in self.years
    def columns(self, year=None, term=None):
        p=self.column_pattern
        for e in filter(None,self.columns_by_year.split(';')):
            pat,ys=e.split('@')[:2]
            if year in parse_ranges(ys): p=pat
        t='' if (term or 'PLASC').upper()=='PLASC' else term.lower()
        p=p.replace('{term}',t)
        if year: p=p.replace('{yy}',f'{year%100:02d}')
        if self.repeats: return tuple(p.replace('{n}',str(i)) for i in range(1,self.repeats+1))
        return (p,)
@dataclass(frozen=True)
class Table:
    table_id: str; database: str; view_pattern: str; view_kind: str; first_year: int; last_year: int
    def views(self, year=None, term=None):
        out=[]
        for e in self.view_pattern.split(';'):
            parts=e.split('@'); pat=parts[0]; ys=parse_ranges(parts[1]) if len(parts)>1 and parts[1] else ()
            st=parts[2] if len(parts)>2 else 'assumed'
            if '{year}' in pat:
                for y in ys:
                    t=None
                    if self.view_kind=='per_year_term':
                        t={'plasc':'PLASC','spring':'SPR','summer':'SUM','autumn':'AUT'}[pat.split('_')[0]]
                    out.append(View(self.database,pat.replace('{year}',str(y)),self.table_id,y,t,(y,),st))
            else: out.append(View(self.database,pat,self.table_id,None,None,ys,st))
        return out
class Catalogue:
    def __init__(s):
        d=data_dir()/'catalogue'
        rd=lambda n: list(csv.DictReader(open(d/n,encoding='utf-8',newline='')))
        s.tables={r['table_id']:Table(r['table_id'],r['database'],r['view_pattern'],r['view_kind'],int(r['first_year'] or 0),int(r['last_year'] or 0)) for r in rd('tables.csv')}
        s._v={}
        for r in rd('variables.csv'):
            v=Variable(r['table_id'],r['name'],r['label'],r['type'],r['codelist'],r['range'],parse_ranges(r['years']) if r['years'] else (),r['terms'],r['column_pattern'],r['columns_by_year'],int(r['repeats'] or 0),r['missing_as'],r['hidden'])
            s._v.setdefault(v.table_id,{})[v.name]=v
        s._c={}
        for r in rd('codes.csv'):
            s._c.setdefault(r['codelist'],[]).append(Code(r['codelist'],r['code'],r['label'],int(r['first_year']) if r['first_year'] else None,int(r['last_year']) if r['last_year'] else None))
        s._c={k:tuple(v) for k,v in s._c.items()}
    def variables(s,t): return tuple(s._v[t].values())
    def variable(s,t,n): return s._v[t][n]
    def codes(s,c): return s._c[c]
    def resolve_table(s,n): return s.tables[n]
    def view_columns(s,view):
        tabs=[view.table_id] if not view.table_id.startswith('cin_') else [t for t in s.tables if t.startswith('cin_')]
        out=[];seen=set()
        for t in tabs:
            for v in s.variables(t):
                if view.year is None:
                    if not v.years: pass
                    elif view.years and not set(v.years)&set(view.years): continue
                    cols=v.columns()
                else:
                    y=min(view.year,s.tables[t].last_year)
                    if not v.exists(y,view.term): continue
                    cols=v.columns(view.year,view.term)
                for i,c in enumerate(cols,1):
                    if c not in seen: seen.add(c); out.append(ViewColumn(c,v,i))
        return tuple(out)
@lru_cache
def load_catalogue(root=None): return Catalogue()
